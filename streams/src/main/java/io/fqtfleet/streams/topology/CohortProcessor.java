package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.ops.Meters;
import io.fqtfleet.streams.round.CohortCard;
import io.fqtfleet.streams.round.CohortRound;
import io.fqtfleet.streams.round.FleetView;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.RoundClosed;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a cohort's evidence until a RoundClosed is read, then decides from all of it that is older
 * than the round's end.
 *
 * <p>The wall clock has one use here: to send RoundClosed, by way of the topic, when a round is
 * over. So replaying the topic of the evidence reproduces every decision.
 */
final class CohortProcessor implements Processor<String, byte[], String, byte[]> {
  private static final Logger LOG = LoggerFactory.getLogger(CohortProcessor.class);
  private static final WireCodec<CohortEvent> EVENTS = WireCodec.of(CohortEvent.class);
  private static final WireCodec<Alert> ALERTS = WireCodec.of(Alert.class);
  private static final WireCodec<UpdateBudget> BUDGETS = WireCodec.of(UpdateBudget.class);
  private static final WireCodec<Decision> DECISIONS = WireCodec.of(Decision.class);
  private static final WireCodec<Rollout> ROLLOUTS = WireCodec.of(Rollout.class);
  private static final WireCodec<CohortHealth> HEALTH = WireCodec.of(CohortHealth.class);

  /** How often it is looked whether a round is over. */
  static final Duration LOOK_EVERY = Duration.ofMillis(100);

  private final long fleetDevices;
  private final boolean closesRounds;
  private final Meters meters;
  private ProcessorContext<String, byte[]> context;
  private CohortStores stores;
  private PolicyStore policies;
  private FleetLevels levels;
  private DeadLetters deadLetters;

  /**
   * @param fleetDevices devices that the fleet has at least
   * @param closesRounds false in a replay, where the topic holds every RoundClosed
   */
  CohortProcessor(long fleetDevices, boolean closesRounds, Meters meters) {
    this.fleetDevices = fleetDevices;
    this.closesRounds = closesRounds;
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, byte[]> processorContext) {
    context = processorContext;
    stores = new CohortStores(context);
    deadLetters = new DeadLetters(context, Names.COHORT_DEAD, meters);
    if (closesRounds) {
      policies = new PolicyStore(context.getStateStore(Names.POLICY_STORE));
      levels = new FleetLevels(context.getStateStore(Names.LEVEL_STORE));
      context.schedule(LOOK_EVERY, PunctuationType.WALL_CLOCK_TIME, this::closeWhatIsOver);
    }
  }

  @Override
  public void process(Record<String, byte[]> record) {
    CohortEvent event;
    try {
      event = EVENTS.decode(record.value() == null ? new byte[0] : record.value());
    } catch (WireException e) {
      deadLetters.put(record, Topics.EVIDENCE, e);
      return;
    }
    if (event.getBody() instanceof RoundClosed closed) {
      decide(event, closed);
    } else {
      stores.keep(event, record.value(), offset());
    }
  }

  private long offset() {
    return context.recordMetadata().map(m -> m.offset()).orElse(0L);
  }

  private void closeWhatIsOver(long nowMs) {
    FleetView fleet = null;
    for (String cohort : stores.cohorts()) {
      PolicyStore.InForce inForce = policies.of(cohort);
      Policy policy = inForce.policy();
      long graceMs = policy.getDriftSettings().getGraceMs();
      long endMs = stores.nextEnd(cohort, policy.getRoundMs(), nowMs - graceMs);
      if (endMs > 0) {
        fleet = fleet == null ? levels.view() : fleet;
        RoundClosed body =
            RoundClosed.newBuilder()
                .setRoundMs(policy.getRoundMs())
                .setFleetDevices(FleetLevels.bound(fleet.devices(), fleetDevices))
                .setLevels(FleetLevels.records(fleet))
                .setCauses(fleet.causes())
                .setPolicy(ByteBuffer.wrap(inForce.bytes()))
                .build();
        CohortEvent event = new CohortEvent(cohort, "", endMs, body);
        forward(Names.TO_MARKERS, cohort, EVENTS.encode(event), endMs);
        stores.markSent(cohort, endMs);
      }
    }
  }

  private void decide(CohortEvent event, RoundClosed body) {
    String name = event.getCohort();
    CohortCard cohort = stores.cohort(name);
    if (event.getAtMs() <= cohort.closedUntilMs()) {
      meters.count("rounds", "fate", "CLOSED_BEFORE");
      return;
    }
    byte[] policy = new byte[body.getPolicy().remaining()];
    body.getPolicy().duplicate().get(policy);
    CohortRound.Closed closed =
        new CohortRound.Closed(
            name,
            event.getAtMs(),
            body.getRoundMs(),
            body.getFleetDevices(),
            PolicyStore.decode(policy),
            FleetLevels.bySignal(body.getLevels()),
            body.getCauses());
    CohortStores.Loaded loaded = stores.load(name, event.getAtMs());
    CohortRound.Outcome outcome =
        CohortRound.decide(closed, cohort, loaded.cards(), loaded.events());
    stores.store(name, cohort, loaded, outcome.departed());
    emit(name, event.getAtMs(), outcome);
    meters.count("rounds", "fate", "DECIDED");
  }

  private void emit(String cohort, long atMs, CohortRound.Outcome outcome) {
    for (Decision decision : outcome.decisions()) {
      String key = decision.getDevice() == null ? cohort : decision.getDevice();
      forward(Names.TO_DECISIONS, key, DECISIONS.encode(decision), atMs);
      meters.count("decisions", "reason", decision.getReason().name());
    }
    for (UpdateBudget budget : outcome.budgets()) {
      forward(Names.TO_BUDGETS, budget.getDevice(), BUDGETS.encode(budget), atMs);
      meters.count("budgets", "reason", budget.getReason().name());
    }
    for (Alert alert : outcome.alerts()) {
      forward(Names.TO_ALERTS, alert.getId(), ALERTS.encode(alert), atMs);
      meters.count(
          "alerts", Map.of("kind", alert.getKind().name(), "status", alert.getStatus().name()));
      LOG.info(
          "alert={} kind={} status={} key={}: {}",
          alert.getId(),
          alert.getKind(),
          alert.getStatus(),
          alert.getKey(),
          alert.getSentence());
    }
    Rollout rollout = outcome.rollout();
    if (rollout != null) {
      forward(Names.TO_ROLLOUTS, cohort, ROLLOUTS.encode(rollout), atMs);
    }
    forward(Names.TO_COHORTS, cohort, HEALTH.encode(outcome.health()), atMs);
  }

  private void forward(String sink, String key, byte[] value, long atMs) {
    context.forward(new Record<>(key, value, atMs, new RecordHeaders()), sink);
  }
}
