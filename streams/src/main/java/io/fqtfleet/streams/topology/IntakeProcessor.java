package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.schemas.WireException.Reason;
import io.fqtfleet.streams.ops.Meters;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.IntakeCard;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Reads what devices and their registry say; see {@link Intake} for the rules. */
final class IntakeProcessor implements Processor<String, byte[], String, byte[]> {
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<DeviceStatus> STATUS = WireCodec.of(DeviceStatus.class);
  private static final WireCodec<BudgetAck> ACKS = WireCodec.of(BudgetAck.class);
  private static final WireCodec<UpdateBudget> BUDGETS = WireCodec.of(UpdateBudget.class);
  private static final WireCodec<DeviceRegistration> DEVICES =
      WireCodec.of(DeviceRegistration.class);
  private static final WireCodec<IntakeCard> CARDS = WireCodec.of(IntakeCard.class);
  private static final WireCodec<CohortEvent> EVENTS = WireCodec.of(CohortEvent.class);

  private final FleetTopology.Settings settings;
  private final Meters meters;
  private ProcessorContext<String, byte[]> context;
  private KeyValueStore<String, byte[]> store;
  private DeadLetters deadLetters;

  IntakeProcessor(FleetTopology.Settings settings, Meters meters) {
    this.settings = settings;
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, byte[]> processorContext) {
    context = processorContext;
    store = context.getStateStore(Names.INTAKE_STORE);
    deadLetters = new DeadLetters(context, Names.INTAKE_DEAD, meters);
  }

  @Override
  public void process(Record<String, byte[]> record) {
    String topic =
        context
            .recordMetadata()
            .orElseThrow(() -> new IllegalStateException("a source's record has a topic"))
            .topic();
    try {
      if (record.key() == null || !Topics.DEVICE_ID.matcher(record.key()).matches()) {
        throw new WireException(
            Reason.WRONG_DEVICE, "the key '" + record.key() + "' is no device id");
      }
      take(record, topic);
    } catch (WireException e) {
      deadLetters.put(record, topic, e);
    }
  }

  private void take(Record<String, byte[]> record, String topic) throws WireException {
    String device = record.key();
    byte[] stored = store.get(device);
    IntakeCard card = stored == null ? IntakeCard.newBuilder().build() : CARDS.decode(stored);
    // A record from the future would keep its round open for ever.
    long latest = context.currentSystemTimeMs() + settings.maxClockSkewMs();
    long atMs = Math.max(0, Math.min(record.timestamp(), latest));
    Intake intake =
        new Intake(
            card,
            device,
            atMs,
            settings::shardsOf,
            event -> emit(Lane.of(event.getCohort(), card.getShards(), device), event, atMs));
    byte[] value = record.value();
    switch (topic) {
      case Topics.REPORTS -> {
        Intake.Fate fate = intake.report(REPORTS.decode(present(value)));
        meters.count("reports", "fate", fate.name());
      }
      case Topics.STATUS -> {
        if (value == null) {
          intake.gone();
        } else {
          intake.status(STATUS.decode(value));
        }
      }
      case Topics.ACKS -> intake.ack(ACKS.decode(present(value)));
      case Topics.BUDGETS -> {
        if (value != null) {
          intake.budget(BUDGETS.decode(value));
        }
      }
      case Topics.DEVICES -> intake.registration(value == null ? null : DEVICES.decode(value));
      default -> throw new IllegalStateException("no source reads " + topic);
    }
    if (card.getRetired() && speaks(topic, value)) {
      withdraw(device, atMs);
    }
    store.put(device, CARDS.encode(card));
  }

  /** What leaves something behind at the MQTT broker or in a compacted topic, and retiring. */
  private static boolean speaks(String topic, byte[] value) {
    return topic.equals(Topics.DEVICES)
        || value != null && (topic.equals(Topics.STATUS) || topic.equals(Topics.BUDGETS));
  }

  /**
   * A retired device leaves nothing: its budget and status are deleted, and the gateway deletes
   * what is retained. Done again whenever a last will or a budget on its way came later.
   */
  private void withdraw(String device, long atMs) {
    RecordHeaders headers = new RecordHeaders();
    headers.add(Headers.RETIRED, "true".getBytes(StandardCharsets.UTF_8));
    context.forward(new Record<>(device, null, atMs, headers), Names.RETIRED_BUDGETS);
    context.forward(new Record<>(device, null, atMs, new RecordHeaders()), Names.RETIRED_STATUS);
    meters.count("devices", "fate", "RETIRED");
  }

  private static byte[] present(byte[] value) throws WireException {
    if (value == null) {
      throw new WireException(Reason.TRUNCATED, "the record has no value");
    }
    return value;
  }

  private void emit(Lane lane, CohortEvent event, long atMs) {
    context.forward(
        new Record<>(lane.key(), EVENTS.encode(event), atMs, new RecordHeaders()),
        Names.TO_EVIDENCE);
  }
}
