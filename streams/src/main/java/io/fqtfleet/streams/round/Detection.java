package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.CohortSignals;
import io.fqtfleet.streams.drift.CohortSignals.Member;
import io.fqtfleet.streams.drift.DeviceLane;
import io.fqtfleet.streams.drift.InputWatch.Flaw;
import io.fqtfleet.streams.drift.LogSpace;
import io.fqtfleet.streams.drift.PlainMath;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import io.fqtfleet.streams.drift.SignalLane.Noise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Runs every detector of a cohort on one round.
 *
 * <p>A device is compared with its own past, less what its cohort shares in this round (the
 * median); a cohort with its own past, less what the fleet shares (the median of the cohorts). A
 * device's evidence is the average of its lanes: half for the labelled error, the other half for
 * all other signals together. An average of e-detectors is one, so more signals raise no more false
 * alarms, they cost ln of their number in evidence.
 */
final class Detection {
  /** Largest influence of one device on the mean of its cohort, in deviations. */
  private static final double CLIP = 3;

  private static final double RESIDUAL_MEMORY = 0.8;

  /** Weight of the past, per round, in a cohort's level. */
  private static final double LEVEL_MEMORY = 0.7;

  /** Of a level of independent rounds with variance 1. */
  static final double LEVEL_VARIANCE = (1 - LEVEL_MEMORY) / (1 + LEVEL_MEMORY);

  private static final double FLAWED_SHARE = 0.2;

  /** Below this many devices their median is no better than each of them. */
  private static final int MEDIAN_DEVICES_MIN = 5;

  private record Suspect(String device, double evidence, DeviceCard card) {}

  /** What a device is called does not decide. */
  private static final Comparator<Suspect> MOST_FIRST =
      Comparator.comparingDouble(Suspect::evidence)
          .thenComparingDouble(s -> s.card.pastResidual)
          .thenComparingDouble(s -> s.card.lane.referenceError())
          .thenComparingLong(s -> s.card.lane.referenceSamples())
          .reversed();

  private final CohortRound round;
  private final CohortCard cohort;
  private final boolean calm;

  Detection(CohortRound round) {
    this.round = round;
    this.cohort = round.cohort;
    this.calm = cohort.alert == null;
  }

  /** The signals are taken from the state before the round, then the round is tested. */
  void run() {
    // The policy may test other signals than in the round before.
    round.members.forEach(member -> member.card().evidence = Double.NaN);
    Set<String> outliers = outliers();
    round.signals =
        CohortSignals.of(
            members(),
            round.settings,
            round.thresholds.logInverseBetaCohort(),
            round.closed.fleetLevels().getOrDefault(Signal.ERROR, 0.0));
    follow(Signal.ERROR, round.signals.level());
    cohort.lane.observe(round.signals.counted(), round.closed.startMs(), calm);
    if (!Double.isNaN(round.signals.current())) {
      double samples = round.signals.samples();
      cohort.recentErrors =
          CohortRound.MEMORY * cohort.recentErrors + round.signals.current() * samples;
      cohort.recentSamples = CohortRound.MEMORY * cohort.recentSamples + samples;
    }
    testErrors();
    for (Signal signal : round.others) {
      test(signal, outliers);
    }
    round.members.forEach(member -> member.card().evidence = Double.NaN);
    round.members.forEach(member -> followLead(member.card(), member.heard()));
    round.cohortEvidence = cohortEvidence();
    long reporting = round.heard.values().stream().filter(r -> r.reports > 0).count();
    round.flawsShared = round.flaws.size() > Math.max(1, FLAWED_SHARE * reporting);
  }

  private List<Member> members() {
    List<Member> members = new ArrayList<>(round.members.size());
    for (CohortRound.Member member : round.members) {
      DeviceRound heard = member.heard();
      DeviceCard card = member.card();
      members.add(
          new Member(
              member.device(),
              heard == null ? 0 : heard.errors(),
              heard == null ? 0 : heard.labelled,
              card.lane,
              card.pastResidual,
              card.isolated()));
    }
    return members;
  }

  private void testErrors() {
    int index = 0;
    for (CohortRound.Member member : round.members) {
      DeviceCard card = member.card();
      DeviceRound heard = member.heard();
      double residual = round.signals.residuals()[index++];
      if (heard == null) {
        continue;
      }
      long k = heard.errors();
      long n = heard.labelled;
      heard.learns = learns(card);
      if (heard.learns) {
        card.lane.observe(k, n, startMs(heard), round.settings);
      } else {
        card.lane.testOnly(k, n, startMs(heard), round.settings);
      }
      if (n > 0) {
        double memory = round.memory(card);
        card.recentErrors = memory * card.recentErrors + k;
        card.recentSamples = memory * card.recentSamples + n;
      }
      if (!Double.isNaN(residual)) {
        heard.residuals.put(Signal.ERROR, residual);
        double low = Math.max(-3, residual);
        card.pastResidual = RESIDUAL_MEMORY * card.pastResidual + (1 - RESIDUAL_MEMORY) * low;
      }
      round.chosen.test(card, heard);
      watchInput(member.device(), card, heard);
    }
  }

  private boolean learns(DeviceCard card) {
    // A cause that the fleet shares is still being looked into: it must not become the reference.
    boolean held =
        round.causes.of(card) != null || card.conditions.containsKey(AlertKind.SHARED_CAUSE);
    return calm && !held && (card.standing == Standing.STABLE || card.standing == Standing.WATCH);
  }

  private long startMs(DeviceRound heard) {
    return heard.sinceMs == 0 ? round.closed.startMs() : heard.sinceMs;
  }

  private void watchInput(String device, DeviceCard card, DeviceRound heard) {
    Set<Flaw> found = card.input.check(heard.input(), round.settings.warmupReports());
    if (heard.reports > 0) {
      boolean impossible =
          found.contains(Flaw.STUCK) || found.contains(Flaw.OFFSET) || found.contains(Flaw.NOISE);
      card.flawRounds = impossible ? card.flawRounds + 1 : 0;
      if (impossible) {
        round.flaws.put(device, EnumSet.copyOf(found));
      }
    }
  }

  /**
   * The devices with the most evidence so far: at most the share that may be broken. Of those that
   * nothing known tells apart all stay, if not all of them may go.
   */
  private Set<String> outliers() {
    List<Suspect> present = new ArrayList<>();
    for (CohortRound.Member member : round.members) {
      DeviceRound heard = member.heard();
      if (heard != null && heard.reports > 0 && !member.card().isolated()) {
        present.add(
            new Suspect(member.device(), round.linearEvidence(member.card()), member.card()));
      }
    }
    present.sort(MOST_FIRST);
    Set<String> outliers = new HashSet<>();
    int most = CohortSignals.trimmed(present.size());
    while (most > 0
        && most < present.size()
        && MOST_FIRST.compare(present.get(most - 1), present.get(most)) == 0) {
      most--;
    }
    present.subList(0, most).forEach(s -> outliers.add(s.device));
    return outliers;
  }

  private void test(Signal signal, Set<String> outliers) {
    DeviceLane.Settings settings = round.settings;
    double[] values = new double[round.members.size()];
    double[] residuals = new double[values.length];
    int index = 0;
    int known = 0;
    double sum = 0;
    int counted = 0;
    for (CohortRound.Member member : round.members) {
      DeviceRound heard = member.heard();
      double value = heard == null ? Double.NaN : heard.value(signal);
      values[index++] = value;
      SignalLane lane = member.card().signals.get(signal);
      if (Double.isNaN(value) || lane == null || !lane.ready(settings)) {
        continue;
      }
      double residual = lane.residual(value, settings);
      heard.residuals.put(signal, residual);
      if (!member.card().isolated()) {
        residuals[known++] = residual;
        if (!outliers.contains(member.device())) {
          sum += Math.max(-CLIP, Math.min(CLIP, residual));
          counted++;
        }
      }
    }
    double common = known < MEDIAN_DEVICES_MIN ? 0 : median(Arrays.copyOf(residuals, known));
    observeDevices(signal, values, common);
    if (known >= CohortSignals.DEVICES_MIN) {
      observeCohort(signal, sum / counted);
    }
  }

  private void observeDevices(Signal signal, double[] values, double common) {
    int index = 0;
    for (CohortRound.Member member : round.members) {
      DeviceCard card = member.card();
      double value = values[index++];
      if (!Double.isNaN(value)) {
        card.signals
            .computeIfAbsent(signal, SignalLane::new)
            .observe(value, common, startMs(member.heard()), round.settings, member.heard().learns);
      }
    }
  }

  private void follow(Signal signal, double mean) {
    if (!Double.isNaN(mean)) {
      cohort.levels.merge(
          signal, mean, (old, now) -> LEVEL_MEMORY * old + (1 - LEVEL_MEMORY) * now);
    }
  }

  private void observeCohort(Signal signal, double mean) {
    follow(signal, mean);
    double fleet = round.closed.fleetLevels().getOrDefault(signal, 0.0);
    SignalLane lane =
        cohort.signals.computeIfAbsent(signal, s -> new SignalLane(s, Noise.GAUSSIAN));
    // The devices' residuals have their sign already; the lane would turn it again.
    double value = signal.sign() * (mean - fleet);
    lane.observe(value, 0, round.closed.startMs(), round.cohortSettings, calm);
    if (lane.ready(round.cohortSettings)) {
      round.cohortResiduals.put(signal, lane.lastResidual());
    }
  }

  /** What an incident is measured by goes on being measured, however it began. */
  private static void followLead(DeviceCard card, DeviceRound heard) {
    if (card.lead == Signal.ERROR || heard == null || !heard.residuals.containsKey(card.lead)) {
      return;
    }
    double now = heard.residuals.get(card.lead);
    now = card.lead.bothWays() ? Math.abs(now) : now;
    card.recentResidual =
        Double.isNaN(card.recentResidual) ? now : 0.5 * card.recentResidual + 0.5 * now;
  }

  private double cohortEvidence() {
    double[] logs = new double[round.members.size()];
    int known = 0;
    for (CohortRound.Member member : round.members) {
      DeviceCard card = member.card();
      // What a shared cause explains says nothing of this cohort, not even after it is over.
      boolean explained = card.conditions.containsKey(AlertKind.SHARED_CAUSE);
      if (!card.isolated() && !explained && round.ready(card)) {
        logs[known++] = round.evidence(card);
      }
    }
    double devices = CohortSignals.trimmedMean(Arrays.copyOf(logs, known));
    double errors = LogSpace.add(devices, cohort.lane.logEvidence()) - PlainMath.log(2);
    return round.combine(errors, cohort.signals);
  }

  static double median(List<Double> values) {
    return median(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** Sorts the given values. */
  static double median(double[] values) {
    Arrays.sort(values);
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
  }
}
