package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.schemas.WireException.Reason;
import io.fqtfleet.streams.budget.PolicyRules;
import io.fqtfleet.streams.ops.Meters;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets valid policies through; an invalid one is put aside and the one before stays in force. */
final class PolicyIntake implements Processor<String, byte[], String, byte[]> {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyIntake.class);
  private static final WireCodec<Policy> POLICIES = WireCodec.of(Policy.class);

  private final Meters meters;
  private ProcessorContext<String, byte[]> context;
  private KeyValueStore<String, Long> versions;
  private DeadLetters deadLetters;

  PolicyIntake(Meters meters) {
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, byte[]> processorContext) {
    context = processorContext;
    versions = context.getStateStore(Names.POLICY_VERSION_STORE);
    deadLetters = new DeadLetters(context, Names.POLICY_DEAD, meters);
  }

  @Override
  public void process(Record<String, byte[]> record) {
    try {
      Policy policy = check(record.key(), record.value());
      versions.put(policy.getCohort(), policy.getVersion());
      context.forward(
          record.withKey(policy.getCohort()).withHeaders(new RecordHeaders()), Names.TO_ADOPTED);
      meters.count("policies", "fate", "ADOPTED");
      LOG.info("policy cohort={} version={} adopted", policy.getCohort(), policy.getVersion());
    } catch (WireException e) {
      deadLetters.put(record, Topics.POLICIES, e);
      meters.count("policies", "fate", "REFUSED");
      LOG.warn("policy key={} refused, the one before stays: {}", record.key(), e.getMessage());
    }
  }

  private Policy check(String key, byte[] value) throws WireException {
    if (value == null) {
      throw new WireException(
          Reason.TRUNCATED, "a policy cannot be deleted; apply a new version of it");
    }
    Policy policy = POLICIES.decode(value);
    if (!policy.getCohort().equals(key)) {
      throw new WireException(
          Reason.OUT_OF_RANGE,
          "cohort: '%s' is not the record's key '%s'; apply it again with its cohort as key"
              .formatted(policy.getCohort(), key));
    }
    List<String> problems = PolicyRules.problemsAfter(policy, versions.get(policy.getCohort()));
    if (!problems.isEmpty()) {
      throw new WireException(Reason.OUT_OF_RANGE, String.join("; ", problems));
    }
    return policy;
  }
}
