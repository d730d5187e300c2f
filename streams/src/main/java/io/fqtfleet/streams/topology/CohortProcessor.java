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
import io.fqtfleet.streams.round.Summary;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.RoundClosed;
import io.fqtfleet.streams.state.ShardHeard;
import io.fqtfleet.streams.state.ShardSummary;
import io.fqtfleet.streams.state.ShardsAdded;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
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
 * <p>Of a cohort that is split, each shard decides on its own devices. Wherever that takes a sum
 * over all of them it sends its summary, by way of the topic, to where the summaries are added, and
 * goes on when the sum comes back ({@link OpenRounds}).
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

  /** Of shards of split cohorts, in one go: a transaction lasts 10 s at most. */
  private static final long WORK_NS = 500_000_000;

  private final long fleetDevices;
  private final boolean isLive;
  private final Meters meters;
  private ProcessorContext<String, byte[]> context;
  private CohortStores stores;
  private PolicyStore policies;
  private FleetLevels levels;
  private DeadLetters deadLetters;

  /**
   * @param fleetDevices devices that the fleet has at least
   * @param isLive false in a replay, where the topic holds every RoundClosed and every sum
   */
  CohortProcessor(long fleetDevices, boolean isLive, Meters meters) {
    this.fleetDevices = fleetDevices;
    this.isLive = isLive;
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, byte[]> processorContext) {
    context = processorContext;
    stores = new CohortStores(context);
    deadLetters = new DeadLetters(context, Names.COHORT_DEAD, meters);
    if (isLive) {
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
    Lane lane = Lane.of(record.key() == null ? event.getCohort() : record.key());
    Object body = event.getBody();
    if (body instanceof RoundClosed) {
      begin(lane, event);
    } else if (body instanceof ShardSummary summary) {
      meet(event, summary);
    } else if (body instanceof ShardsAdded added) {
      goOn(lane, event, added);
    } else {
      enter(lane, event.getAtMs());
      if (!(body instanceof ShardHeard)) {
        stores.keep(lane, event, record.value(), offset(), openUntilMs(lane));
      }
    }
  }

  private long openUntilMs(Lane lane) {
    OpenRounds.Open open = stores.openRounds().of(lane);
    return open == null ? 0 : open.endMs();
  }

  /** The shard that closes the rounds need not have heard of any device yet. */
  private void enter(Lane lane, long atMs) {
    if (stores.enter(lane) && !lane.speaks() && isLive) {
      String speaker = Lane.speaker(lane.cohort(), lane.shards()).key();
      tell(speaker, new CohortEvent(lane.cohort(), "", atMs, new ShardHeard()));
    }
  }

  private long offset() {
    return context.recordMetadata().map(m -> m.offset()).orElse(0L);
  }

  private void closeWhatIsOver(long nowMs) {
    decideWhatIsReady();
    FleetView fleet = null;
    for (String key : stores.cohorts()) {
      Lane lane = Lane.of(key);
      if (!lane.speaks()) {
        continue;
      }
      String cohort = lane.cohort();
      PolicyStore.InForce inForce = policies.of(cohort);
      Policy policy = inForce.policy();
      long graceMs = policy.getDriftSettings().getGraceMs();
      long endMs = stores.nextEnd(key, policy.getRoundMs(), nowMs - graceMs);
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
        lane.all().forEach(shard -> tell(shard.key(), event));
        stores.markSent(key, endMs);
      }
    }
  }

  private void tell(String key, CohortEvent event) {
    forward(Names.TO_MARKERS, key, EVENTS.encode(event), event.getAtMs());
  }

  private void begin(Lane lane, CohortEvent event) {
    enter(lane, event.getAtMs());
    OpenRounds.Open before = stores.openRounds().of(lane);
    if (before != null && before.endMs() < event.getAtMs()) {
      // The shard that speaks is done, so every sum is here: this one only put its work off.
      decide(lane, before);
    }
    long decidedMs = stores.cohort(lane.key()).closedUntilMs();
    if (event.getAtMs() <= Math.max(decidedMs, openUntilMs(lane))) {
      meters.count("rounds", "fate", "CLOSED_BEFORE");
      return;
    }
    if (stores.openRounds().of(lane) != null) {
      // Sent twice around a restart, with another end: every shard has both before any sum.
      meters.count("rounds", "fate", "CLOSED_TWICE");
      stores.markSent(lane.key(), 0);
      return;
    }
    goOn(lane, new OpenRounds.Open(event, List.of(), false));
  }

  /** Adds the shards' summaries once all are here. */
  private void meet(CohortEvent event, ShardSummary summary) {
    Lane lane = new Lane(event.getCohort(), summary.getShards(), summary.getShard());
    byte[] own = bytes(summary.getSummary());
    List<byte[]> all = stores.openRounds().meet(lane, summary.getStep(), own);
    if (!all.isEmpty() && isLive) {
      ByteBuffer sum = ByteBuffer.wrap(Summary.valueOf(summary.getKind()).add(all));
      ShardsAdded body = new ShardsAdded(summary.getStep(), sum);
      CohortEvent added = new CohortEvent(event.getCohort(), "", event.getAtMs(), body);
      lane.all().forEach(shard -> tell(shard.key(), added));
    }
  }

  private void goOn(Lane lane, CohortEvent event, ShardsAdded added) {
    OpenRounds.Open open = stores.openRounds().of(lane);
    if (open == null || open.sums().size() != added.getStep() || open.endMs() != event.getAtMs()) {
      throw new IllegalStateException(
          "shard %s got sum %d of the round until %d, which it does not wait for"
              .formatted(lane.key(), added.getStep(), event.getAtMs()));
    }
    goOn(lane, open.with(bytes(added.getSum())));
  }

  /**
   * A shard's work is put off to the next look at the clock, so that no transaction is too long.
   */
  private void goOn(Lane lane, OpenRounds.Open open) {
    if (lane.isSplit() && isLive) {
      stores.openRounds().put(lane, open);
    } else {
      decide(lane, open);
    }
  }

  /** At least one shard, then as many as there is time for. */
  private void decideWhatIsReady() {
    long began = System.nanoTime();
    for (Lane lane : stores.openRounds().ready()) {
      decide(lane, stores.openRounds().of(lane));
      if (System.nanoTime() - began > WORK_NS) {
        return;
      }
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  /** Decides a round, or as much of it as the sums that are here allow. */
  private void decide(Lane lane, OpenRounds.Open open) {
    CohortEvent event = open.closed();
    RoundClosed body = (RoundClosed) event.getBody();
    CohortRound.Closed closed =
        new CohortRound.Closed(
            lane.cohort(),
            event.getAtMs(),
            body.getRoundMs(),
            body.getFleetDevices(),
            PolicyStore.decode(bytes(body.getPolicy())),
            FleetLevels.bySignal(body.getLevels()),
            body.getCauses());
    CohortCard cohort = stores.cohort(lane.key());
    CohortStores.Loaded loaded = stores.load(lane.key(), event.getAtMs());
    CohortRound.Outcome outcome;
    try {
      outcome =
          CohortRound.decide(
              closed,
              cohort,
              loaded.cards(),
              loaded.events(),
              new OpenRounds.Sums(lane, open.sums()));
    } catch (OpenRounds.Waiting needed) {
      stores.openRounds().put(lane, new OpenRounds.Open(open.closed(), open.sums(), true));
      if (isLive) {
        tell(lane.meeting(), summary(lane, event, needed));
      }
      return;
    }
    store(lane, cohort, loaded, outcome);
    emit(lane.cohort(), event.getAtMs(), outcome);
    meters.count("rounds", "fate", "DECIDED");
  }

  private static CohortEvent summary(Lane lane, CohortEvent event, OpenRounds.Waiting needed) {
    ShardSummary body =
        new ShardSummary(
            lane.shards(),
            lane.shard(),
            needed.step,
            needed.kind.name(),
            ByteBuffer.wrap(needed.own));
    return new CohortEvent(lane.cohort(), "", event.getAtMs(), body);
  }

  private void store(
      Lane lane, CohortCard cohort, CohortStores.Loaded loaded, CohortRound.Outcome outcome) {
    // All shards forget a cohort at once, so that they have the same memory of it.
    stores.store(lane.key(), cohort, loaded, outcome.departed());
    boolean pending = stores.isPending(lane.key());
    if (outcome.devices() == 0 && (lane.isSplit() || !pending)) {
      stores.forget(lane.key());
      if (pending) {
        enter(lane, cohort.closedUntilMs());
      }
    }
    if (lane.isSplit()) {
      stores.openRounds().remove(lane);
    }
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
    if (outcome.health() != null) {
      forward(Names.TO_COHORTS, cohort, HEALTH.encode(outcome.health()), atMs);
    }
  }

  private void forward(String sink, String key, byte[] value, long atMs) {
    context.forward(new Record<>(key, value, atMs, new RecordHeaders()), sink);
  }
}
