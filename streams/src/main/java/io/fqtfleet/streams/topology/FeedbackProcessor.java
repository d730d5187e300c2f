package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.schemas.WireException.Reason;
import io.fqtfleet.streams.alerting.FeedbackDesk;
import io.fqtfleet.streams.ops.Meters;
import io.fqtfleet.streams.state.AlertVerdict;
import io.fqtfleet.streams.state.CohortEvent;
import java.nio.ByteBuffer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Brings operators' verdicts to their alerts; see {@link FeedbackDesk} for the rules. */
final class FeedbackProcessor implements Processor<String, byte[], String, byte[]> {
  private static final WireCodec<Alert> ALERTS = WireCodec.of(Alert.class);
  private static final WireCodec<AlertFeedback> FEEDBACK = WireCodec.of(AlertFeedback.class);
  private static final WireCodec<CohortEvent> EVENTS = WireCodec.of(CohortEvent.class);

  private final FleetTopology.Settings settings;
  private final Meters meters;
  private ProcessorContext<String, byte[]> context;
  private KeyValueStore<String, byte[]> alerts;
  private KeyValueStore<String, byte[]> given;
  private DeadLetters deadLetters;

  FeedbackProcessor(FleetTopology.Settings settings, Meters meters) {
    this.settings = settings;
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, byte[]> processorContext) {
    context = processorContext;
    alerts = context.getStateStore(Names.ALERT_STORE);
    given = context.getStateStore(Names.FEEDBACK_STORE);
    deadLetters = new DeadLetters(context, Names.FEEDBACK_DEAD, meters);
  }

  @Override
  public void process(Record<String, byte[]> record) {
    String topic =
        context
            .recordMetadata()
            .orElseThrow(() -> new IllegalStateException("a source's record has a topic"))
            .topic();
    try {
      if (record.key() == null || record.value() == null) {
        throw new WireException(
            Reason.TRUNCATED, "the record has no key or no value; the key is an alert's id");
      }
      if (topic.equals(Topics.ALERTS)) {
        takeAlert(record);
      } else {
        takeFeedback(record);
      }
    } catch (WireException e) {
      deadLetters.put(record, topic, e);
    }
  }

  private void takeAlert(Record<String, byte[]> record) throws WireException {
    Alert alert = ALERTS.decode(record.value());
    alerts.put(record.key(), record.value());
    AlertFeedback standing = stored(given, record.key(), FEEDBACK);
    rewrite(FeedbackDesk.onAlert(alert, standing), record.timestamp());
  }

  private void takeFeedback(Record<String, byte[]> record) throws WireException {
    AlertFeedback feedback = FEEDBACK.decode(record.value());
    String id = record.key();
    FeedbackDesk.check(id, feedback);
    Alert known = stored(alerts, id, ALERTS);
    AlertFeedback before = stored(given, id, FEEDBACK);
    FeedbackDesk.Outcome outcome = FeedbackDesk.onFeedback(known, before, feedback);
    given.put(id, record.value());
    // A record from the future would keep its round open for ever.
    long latest = context.currentSystemTimeMs() + settings.maxClockSkewMs();
    long atMs = Math.max(0, Math.min(record.timestamp(), latest));
    if (outcome.tellCohort()) {
      AlertVerdict body = new AlertVerdict(ByteBuffer.wrap(record.value()));
      String cohort = known.getCohort();
      CohortEvent event = new CohortEvent(cohort, "", atMs, body);
      String key = Lane.speaker(cohort, settings.shardsOf(cohort)).key();
      forward(Names.FEEDBACK_TO_EVIDENCE, key, EVENTS.encode(event), atMs);
    }
    rewrite(outcome, atMs);
    meters.count("feedback", "verdict", feedback.getVerdict().name());
  }

  private static <T extends SpecificRecord> T stored(
      KeyValueStore<String, byte[]> store, String id, WireCodec<T> codec) throws WireException {
    byte[] bytes = store.get(id);
    return bytes == null ? null : codec.decode(bytes);
  }

  private void rewrite(FeedbackDesk.Outcome outcome, long atMs) {
    Alert alert = outcome.rewritten();
    if (alert != null) {
      byte[] bytes = ALERTS.encode(alert);
      alerts.put(alert.getId(), bytes);
      forward(Names.FEEDBACK_TO_ALERTS, alert.getId(), bytes, atMs);
    }
  }

  private void forward(String sink, String key, byte[] value, long atMs) {
    context.forward(new Record<>(key, value, atMs, new RecordHeaders()), sink);
  }
}
