package io.fqtfleet.programs.proof;

import io.fqtfleet.programs.proof.ProofScenario.Sensed;
import io.fqtfleet.programs.proof.Sensor.Block;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.sim.device.NativeAgent.Counters;
import io.fqtfleet.sim.signal.Chance;
import io.fqtfleet.sim.signal.SignalSpace;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One scenario with one seed: the same windows go to the same devices under each controller, in
 * lock-step. A round is a report interval; budgets that a round's end gives are applied after the
 * policy's grace in the next round.
 */
final class ProofRun implements AutoCloseable {
  private static final ReasonCode[] REASONS = ReasonCode.values();

  private final ProofSettings settings;
  private final ProofScenario scenario;
  private final long seed;
  private final int hit;
  private final ProductionLoop loop;
  private final List<Member> members = new ArrayList<>();
  private final Map<String, Member> byId = new HashMap<>();
  private final List<UpdateBudget> due = new ArrayList<>();
  private int alertRound = -1;
  private int alerts;

  /** One device, once per controller. */
  private record Member(
      String id, int cohort, int number, Sensor sensor, EnumMap<Controller, Twin> twins) {}

  ProofRun(ProofSettings settings, ProofScenario scenario, long seed, byte[] modelPage) {
    this.settings = settings;
    this.scenario = scenario;
    this.seed = Chance.seed(seed, "proof");
    Worlds worlds = settings.worlds();
    this.hit = scenario.cohort(seed, worlds.cohorts());
    this.loop = new ProductionLoop(settings.policy(scenario), settings.fleetDevices());
    SignalSpace space = worlds.spaces().get();
    long windows = (long) settings.rounds() * settings.windowsPerRound();
    long onset = (long) settings.onsetRound() * settings.windowsPerRound();
    for (int cohort = 0; cohort < worlds.cohorts(); cohort++) {
      for (int number = 0; number < settings.devices(); number++) {
        Sensed at = new Sensed(worlds, space, cohort, number, hit, onset, windows);
        add(at, seed, modelPage);
      }
    }
  }

  private void add(Sensed at, long runSeed, byte[] modelPage) {
    String id = "line-%d-%03d".formatted(at.cohort(), at.number());
    long deviceSeed = Chance.seed(seed, id);
    Sensor sensor =
        new Sensor(scenario.source(at, runSeed, deviceSeed), scenario.labels(at, deviceSeed));
    EnumMap<Controller, Twin> twins = new EnumMap<>(Controller.class);
    Member member = new Member(id, at.cohort(), at.number(), sensor, twins);
    members.add(member);
    byId.put(id, member);
    for (Controller controller : Controller.values()) {
      twins.put(
          controller,
          new Twin(
              id,
              "line-" + at.cohort(),
              controller.factoryTerms(settings.policy(scenario).getDrift()),
              modelPage,
              settings.rounds(),
              (int) Chance.seed(deviceSeed, "nonce")));
    }
  }

  /** Runs to the end. */
  Outcome run() throws WireException {
    long startMs = settings.startMs();
    for (Member member : members) {
      loop.born(member.id, member.twins.get(Controller.OURS).birth(), startMs);
    }
    int late = settings.windowsBeforeBudgets();
    for (int round = 0; round < settings.rounds(); round++) {
      learn(round, late);
      obey(round);
      learn(round, settings.windowsPerRound() - late);
      report(round);
    }
    return outcome();
  }

  private void learn(int round, int windows) {
    if (windows == 0) {
      return;
    }
    for (Member member : members) {
      Block block = member.sensor.next(windows);
      member.twins.values().forEach(twin -> twin.learn(round, block, settings.periodMs()));
    }
  }

  private void obey(int round) throws WireException {
    long nowMs = (long) round * settings.roundMs() + settings.graceMs();
    for (UpdateBudget budget : due) {
      byte[] ack = byId.get(budget.getDevice()).twins.get(Controller.OURS).obey(budget, nowMs);
      loop.answered(budget.getDevice(), ack, settings.startMs() + nowMs);
    }
    due.clear();
  }

  private void report(int round) throws WireException {
    long endMs = (round + 1L) * settings.roundMs();
    for (Member member : members) {
      byte[] report = member.twins.get(Controller.OURS).report(round, endMs);
      // Evidence counts for a round if it is older than the round's end.
      loop.reported(member.id, report, settings.startMs() + endMs - 1);
    }
    ProductionLoop.Decided decided = loop.close(settings.startMs() + endMs);
    due.addAll(decided.budgets());
    for (Alert alert : decided.alerts()) {
      if (alert.getStatus() == AlertStatus.FIRING) {
        alerts++;
        boolean drift = alert.getKind() == AlertKind.DOMAIN_DRIFT;
        if (alertRound < 0 && drift && alert.getCohort().equals("line-" + hit)) {
          alertRound = round;
        }
      }
    }
  }

  /**
   * What one controller did.
   *
   * @param judged windows per round, of the devices that tell how much is lost
   * @param correct of them
   * @param judgedAll the same of all devices
   * @param macs training of all devices
   * @param macsSpared training of devices that nothing happened to
   * @param macsBroken training of broken devices since the fault, without what a trial allowed
   * @param macsTrial training that trials allowed to broken devices, and before them
   * @param macsForward of all devices
   */
  record Course(
      int[] judged,
      int[] correct,
      int[] judgedAll,
      int[] correctAll,
      long macs,
      long macsSpared,
      long macsBroken,
      long macsTrial,
      long macsForward,
      int violations) {}

  /**
   * What a run gave.
   *
   * @param alertRound in which the drift of the cohort was first told of, -1 = never
   * @param appliedRounds of each device that tells how much is lost: whose report first named a
   *     budget for its drift, -1 = none did
   */
  record Outcome(
      ProofScenario scenario,
      long seed,
      int onset,
      int alertRound,
      int alerts,
      List<Integer> appliedRounds,
      Map<Controller, Course> courses) {}

  private Outcome outcome() {
    EnumMap<Controller, Course> courses = new EnumMap<>(Controller.class);
    for (Controller controller : Controller.values()) {
      courses.put(controller, course(controller));
    }
    List<Integer> applied = new ArrayList<>();
    for (Member member : members) {
      if (scenario.measures(member.cohort, member.number, hit)) {
        int[] first = member.twins.get(Controller.OURS).firstRound;
        int drift = first[ReasonCode.DOMAIN_DRIFT.ordinal()];
        int trial = first[ReasonCode.DEVICE_TRIAL.ordinal()];
        applied.add(drift < 0 || trial >= 0 && trial < drift ? trial : drift);
      }
    }
    return new Outcome(scenario, seed, settings.onsetRound(), alertRound, alerts, applied, courses);
  }

  private Course course(Controller controller) {
    int rounds = settings.rounds();
    int[][] counts = new int[4][rounds];
    long[] macs = new long[5];
    int violations = 0;
    for (Member member : members) {
      Twin twin = member.twins.get(controller);
      boolean measured = scenario.measures(member.cohort, member.number, hit);
      for (int r = 0; r < rounds; r++) {
        counts[0][r] += measured ? twin.judged[r] : 0;
        counts[1][r] += measured ? twin.correct[r] : 0;
        counts[2][r] += twin.judged[r];
        counts[3][r] += twin.correct[r];
      }
      Counters counters = twin.counters();
      macs[0] += counters.macsBackward();
      macs[4] += counters.macsForward();
      if (scenario.sparesDevice(member.cohort, member.number, hit)) {
        macs[1] += counters.macsBackward();
      }
      if (scenario.breaks(member.cohort, member.number, hit)) {
        long verdict = controller == Controller.OURS ? afterVerdict(twin) : counters.macsBackward();
        macs[2] += verdict;
        macs[3] += counters.macsBackward() - verdict;
      }
      violations += twin.violations();
    }
    return new Course(
        counts[0],
        counts[1],
        counts[2],
        counts[3],
        macs[0],
        macs[1],
        macs[2],
        macs[3],
        macs[4],
        violations);
  }

  /** Training since the device was told that it is broken. */
  private static long afterVerdict(Twin twin) {
    return twin.macsByReason[ReasonCode.DEVICE_FAULT.ordinal()];
  }

  @Override
  public void close() {
    members.forEach(member -> member.twins.values().forEach(Twin::close));
  }
}
