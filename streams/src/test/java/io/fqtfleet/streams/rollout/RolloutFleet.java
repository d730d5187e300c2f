package io.fqtfleet.streams.rollout;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutAction;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.RolloutPlan;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.rollout.Participant.Obedience;
import io.fqtfleet.streams.rollout.RolloutStep.Withdrawal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** A cohort that obeys, or does not, round by round. Seeded. */
final class RolloutFleet {
  static final int ROUND_MS = 2000;
  static final int SAMPLES = 32;

  static final class Device {
    boolean online = true;
    boolean obeys = true;
    boolean exposed;

    /** Round in which its last terms were sent. */
    int toldAt = -1;

    double usualError = Double.NaN;
    double error = 0.05;

    /** Error rate under the new terms. */
    double errorExposed = 0.05;

    boolean isTold(int round) {
      return toldAt >= 0 && round > toldAt;
    }
  }

  final Random random;
  final TreeMap<String, Device> devices = new TreeMap<>();
  final List<RolloutStep.Audit> audits = new ArrayList<>();
  Policy policy = version(1, 100, null);
  Policy lastGood;
  Policy candidate;
  Rollout state;
  boolean held;
  boolean incident;
  int round;

  /** Of the last step. */
  RolloutStep.Outcome last;

  RolloutFleet(int size, long seed) {
    random = new Random(seed);
    for (int i = 0; i < size; i++) {
      devices.put("d%03d".formatted(i), new Device());
    }
    step();
  }

  static Policy version(long version, int lambdaMax, RolloutPlan plan) {
    BudgetTerms quiet =
        BudgetTerms.newBuilder(Policies.DEFAULT.getQuiet()).setLambdaMaxPermille(lambdaMax).build();
    return Policy.newBuilder(Policies.DEFAULT)
        .setCohort("line")
        .setVersion(version)
        .setQuiet(quiet)
        .setRollout(plan)
        .build();
  }

  static RolloutPlan.Builder plan() {
    return RolloutPlan.newBuilder().setCanaryCount(2).setSoakRounds(3).setMinSamples(100);
  }

  RolloutCommand command(RolloutAction action) {
    return RolloutCommand.newBuilder()
        .setCohort("line")
        .setAction(action)
        .setAuthor("ana")
        .setGivenAtMs((round + 1L) * ROUND_MS)
        .build();
  }

  long exposed() {
    return devices.values().stream().filter(d -> d.exposed).count();
  }

  RolloutStep.Outcome step(RolloutCommand... commands) {
    List<Participant> seen = new ArrayList<>();
    devices.forEach((id, device) -> seen.add(see(id, device)));
    last =
        RolloutStep.of(
            new RolloutStep.Round(
                "line",
                (round + 1L) * ROUND_MS,
                policy,
                lastGood,
                candidate,
                state,
                held,
                incident),
            new Crowd(seen, Crowd.Everyone.ALONE),
            List.of(commands));
    if (last.started()) {
      devices.values().forEach(d -> d.usualError = d.error);
    }
    for (Device device : devices.values()) {
      if (device.exposed && last.withdrawal() != Withdrawal.NONE) {
        device.exposed = false;
        device.toldAt = last.withdrawal() == Withdrawal.FORGET ? device.toldAt : round;
      }
    }
    for (String id : last.expose()) {
      devices.get(id).exposed = true;
      devices.get(id).toldAt = round;
    }
    state = last.state();
    lastGood = last.lastGood();
    candidate = last.candidate();
    audits.addAll(last.audits());
    round++;
    return last;
  }

  void steps(int count) {
    for (int i = 0; i < count; i++) {
      step();
    }
  }

  private Participant see(String id, Device device) {
    boolean applied = device.toldAt < 0 || device.obeys && device.isTold(round);
    boolean late = device.toldAt >= 0 && round - device.toldAt > 3;
    double error = device.exposed && applied ? device.errorExposed : device.error;
    int errors = 0;
    for (int i = 0; i < SAMPLES; i++) {
      errors += random.nextDouble() < error ? 1 : 0;
    }
    Obedience obedience = applied ? Obedience.APPLIED : late ? Obedience.FAILED : Obedience.PENDING;
    return new Participant(
        id,
        device.online,
        device.online && obedience == Obedience.APPLIED,
        device.exposed,
        obedience,
        device.toldAt < 0 || round > device.toldAt + 1,
        device.online ? SAMPLES : 0,
        device.online ? errors : 0,
        device.usualError,
        1e-5,
        1);
  }

  /** States in the order of the audit, without repetitions. */
  List<String> phases() {
    List<String> phases = new ArrayList<>();
    for (RolloutStep.Audit audit : audits) {
      if (phases.isEmpty() || !phases.get(phases.size() - 1).equals(audit.to())) {
        phases.add(audit.to());
      }
    }
    return phases;
  }

  RolloutStep.Audit lastAudit() {
    return audits.get(audits.size() - 1);
  }
}
