package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.RolloutAction;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.schemas.WireException.Reason;
import io.fqtfleet.streams.ops.Meters;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.RolloutOrder;
import java.nio.ByteBuffer;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Puts operators' commands among their cohort's evidence, so that they are obeyed at the end of a
 * round, in order, and again in a replay.
 */
final class RolloutDesk implements Processor<String, byte[], String, byte[]> {
  private static final WireCodec<RolloutCommand> COMMANDS = WireCodec.of(RolloutCommand.class);
  private static final WireCodec<CohortEvent> EVENTS = WireCodec.of(CohortEvent.class);
  private static final int AUTHOR_MAX = 100;
  private static final int COMMENT_MAX = 500;

  private final FleetTopology.Settings settings;
  private final Meters meters;
  private ProcessorContext<String, byte[]> context;
  private DeadLetters deadLetters;

  RolloutDesk(FleetTopology.Settings settings, Meters meters) {
    this.settings = settings;
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, byte[]> processorContext) {
    context = processorContext;
    deadLetters = new DeadLetters(context, Names.ROLLOUTS_DEAD, meters);
  }

  @Override
  public void process(Record<String, byte[]> record) {
    try {
      RolloutCommand command = check(record.key(), record.value());
      // A record from the future would keep its round open for ever.
      long latest = context.currentSystemTimeMs() + settings.maxClockSkewMs();
      long atMs = Math.max(0, Math.min(record.timestamp(), latest));
      RolloutOrder body = new RolloutOrder(ByteBuffer.wrap(record.value()));
      String cohort = command.getCohort();
      byte[] event = EVENTS.encode(new CohortEvent(cohort, "", atMs, body));
      String key = Lane.speaker(cohort, settings.shardsOf(cohort)).key();
      context.forward(
          new Record<>(key, event, atMs, new RecordHeaders()), Names.ROLLOUTS_TO_EVIDENCE);
      meters.count("rollout_commands", "action", command.getAction().name());
    } catch (WireException e) {
      deadLetters.put(record, Topics.ROLLOUT_COMMANDS, e);
    }
  }

  private static RolloutCommand check(String key, byte[] value) throws WireException {
    if (key == null || value == null) {
      throw new WireException(
          Reason.TRUNCATED, "the record has no key or no value; the key is a cohort's name");
    }
    RolloutCommand command = COMMANDS.decode(value);
    String cohort = command.getCohort();
    if (!cohort.equals(key) || !Topics.COHORT.matcher(cohort).matches()) {
      throw new WireException(
          Reason.OUT_OF_RANGE,
          "cohort: '%s' is not the record's key '%s', or not %s; name one cohort"
              .formatted(cohort, key, Topics.COHORT.pattern()));
    }
    if (command.getAction() == RolloutAction.UNKNOWN) {
      throw new WireException(
          Reason.OUT_OF_RANGE, "action: UNKNOWN; use PAUSE, RESUME, APPROVE or ABORT");
    }
    within("author", command.getAuthor().strip().length(), 1, AUTHOR_MAX);
    within("comment", command.getComment().length(), 0, COMMENT_MAX);
    return command;
  }

  private static void within(String path, int length, int min, int max) throws WireException {
    if (length < min || length > max) {
      throw new WireException(
          Reason.OUT_OF_RANGE,
          "%s: %d characters are not in %d..%d; change it".formatted(path, length, min, max));
    }
  }
}
