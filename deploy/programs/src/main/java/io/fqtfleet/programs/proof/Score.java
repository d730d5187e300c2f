package io.fqtfleet.programs.proof;

import io.fqtfleet.programs.proof.ProofRun.Course;
import io.fqtfleet.programs.proof.ProofRun.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How one controller did over some runs. The definitions, frozen here:
 *
 * <ul>
 *   <li><b>accuracy</b>: right answers among windows that were judged before any training on them,
 *       were never handed out before and carry a right label.
 *   <li><b>lost area</b>: sum over the reports since the onset of (accuracy before - accuracy now),
 *       over the devices that it happened to; the accuracy before is that of the frozen devices in
 *       the rounds before the onset. Gains over it count as negative loss.
 *   <li><b>recovered area</b>: (loss of frozen - loss) / (loss of frozen - loss of always-full),
 *       sums over the runs in which a cohort's world changed (battery-limited ones apart: there
 *       always-full is no measure); frozen has 0, always-full 1.
 *   <li><b>recovery reports</b>: from the onset until the mean loss of five reports has fallen, for
 *       good, to a tenth of the worst that frozen had; runs that do not get there count with all
 *       their reports.
 *   <li><b>training MACs, energy</b>: backward pass and update of all devices over a whole run, per
 *       run; energy is the firmware's estimate, MACs times the board's constant. The forward pass
 *       is counted apart.
 *   <li><b>healthy extra share</b>: training MACs of the devices whose world stayed what it was and
 *       whose sensors work, over the MACs of the whole frozen fleet.
 *   <li><b>faulty device MACs</b>: training of devices with a broken sensor; under our controller
 *       since the device obeys the verdict, what it did before is told apart.
 *   <li><b>budget violations</b>: slices of rounds in which a device spent more than its bucket can
 *       have held or trained while it may not, and budgets that a device refused.
 * </ul>
 *
 * @param recoveredArea NaN where no world changed
 * @param recoveryReports NaN where no world changed
 * @param energyMicroJoule of training
 * @param energyOfFull relative to always-full
 */
record Score(
    double meanAccuracy,
    double lostArea,
    double recoveredArea,
    double recoveryReports,
    double trainingMacs,
    double forwardMacs,
    double energyMicroJoule,
    double energyOfFull,
    double microJoulePerPoint,
    double healthyExtraShare,
    double faultyDeviceMacs,
    double faultyMacsBeforeVerdict,
    int budgetViolations) {
  /** Reports over which a loss is smoothed. */
  private static final int SMOOTHED = 5;

  /** Share of frozen's worst loss that may remain. */
  private static final double REMAINING = 0.1;

  private static final double PICO_PER_MICRO = 1e6;

  /** Accuracy is counted in shares; a point is a hundredth for one report. */
  private static final double POINTS = 100;

  /**
   * @param runs at least one
   */
  static Score of(Controller controller, List<Outcome> runs) {
    Sum own = new Sum(controller, runs);
    Sum frozen = new Sum(Controller.FROZEN, runs);
    Sum full = new Sum(Controller.ALWAYS_FULL, runs);
    List<Outcome> changed = changes(runs);
    double gain = frozen.lostIn(changed) - own.lostIn(changed);
    double possible = frozen.lostIn(changed) - full.lostIn(changed);
    double energy = own.macs * Twin.PICOJOULE_PER_MAC / PICO_PER_MICRO;
    double energyThere = new Sum(controller, changed).macs * Twin.PICOJOULE_PER_MAC;
    int n = runs.size();
    return new Score(
        own.correct / own.judged,
        own.lostIn(runs) / n,
        changed.isEmpty() ? Double.NaN : gain / possible,
        changed.isEmpty() ? Double.NaN : own.recoveryIn(changed) / changed.size(),
        own.macs / n,
        own.forward / n,
        energy / n,
        own.macs / full.macs,
        gain > 0 ? energyThere / PICO_PER_MICRO / (POINTS * gain) : Double.NaN,
        own.spared / frozen.forward,
        own.broken / n,
        own.trial / n,
        own.violations);
  }

  private static List<Outcome> changes(List<Outcome> runs) {
    List<Outcome> changes = runs.stream().filter(run -> run.scenario().isChange()).toList();
    List<Outcome> unlimited =
        changes.stream().filter(run -> !run.scenario().isBatteryLimited()).toList();
    return unlimited.isEmpty() ? changes : unlimited;
  }

  private static final class Sum {
    private final Controller controller;
    double judged;
    double correct;
    double macs;
    double forward;
    double spared;
    double broken;
    double trial;
    int violations;

    Sum(Controller controller, List<Outcome> runs) {
      this.controller = controller;
      for (Outcome run : runs) {
        Course course = run.courses().get(controller);
        for (int r = 0; r < course.judgedAll().length; r++) {
          judged += course.judgedAll()[r];
          correct += course.correctAll()[r];
        }
        macs += course.macs();
        forward += course.macsForward();
        spared += course.macsSpared();
        broken += course.macsBroken();
        trial += course.macsTrial();
        violations += course.violations();
      }
    }

    double lostIn(List<Outcome> runs) {
      return runs.stream().mapToDouble(r -> Arrays.stream(losses(r, controller)).sum()).sum();
    }

    double recoveryIn(List<Outcome> runs) {
      return runs.stream()
          .mapToDouble(r -> recovery(losses(r, controller), losses(r, Controller.FROZEN)))
          .sum();
    }
  }

  /** Accuracy of each round, NaN where nothing was judged. */
  static double[] accuracy(Course course) {
    double[] accuracy = new double[course.judged().length];
    for (int r = 0; r < accuracy.length; r++) {
      accuracy[r] = (double) course.correct()[r] / course.judged()[r];
    }
    return accuracy;
  }

  /** Of each report since the onset; one without judged windows lost nothing. */
  static double[] losses(Outcome run, Controller controller) {
    Course frozen = run.courses().get(Controller.FROZEN);
    double judged = 0;
    double correct = 0;
    for (int r = 0; r < run.onset(); r++) {
      judged += frozen.judged()[r];
      correct += frozen.correct()[r];
    }
    double[] accuracy = accuracy(run.courses().get(controller));
    double[] losses = new double[accuracy.length - run.onset()];
    for (int i = 0; i < losses.length; i++) {
      double now = accuracy[run.onset() + i];
      losses[i] = Double.isNaN(now) ? 0 : correct / judged - now;
    }
    return losses;
  }

  private static double smoothed(double[] losses, int until) {
    double sum = 0;
    for (int i = until - SMOOTHED; i < until; i++) {
      sum += losses[i];
    }
    return sum / SMOOTHED;
  }

  private static int recovery(double[] losses, double[] frozen) {
    double worst = 0;
    for (int i = SMOOTHED; i <= frozen.length; i++) {
      worst = Math.max(worst, smoothed(frozen, i));
    }
    for (int i = losses.length; i >= SMOOTHED; i--) {
      if (smoothed(losses, i) > REMAINING * worst) {
        return i;
      }
    }
    return SMOOTHED;
  }

  /** Reports from the onset to the alert of its cohort; runs without one are left out. */
  static List<Integer> detections(List<Outcome> runs) {
    List<Integer> reports = new ArrayList<>();
    for (Outcome run : runs) {
      if (run.alertRound() >= run.onset()) {
        reports.add(run.alertRound() - run.onset() + 1);
      }
    }
    return reports;
  }

  /**
   * Reports from the alert until a report first names the budget that it led to, per device; a
   * device without one counts with all reports left.
   */
  static List<Integer> applications(List<Outcome> runs) {
    List<Integer> reports = new ArrayList<>();
    for (Outcome run : runs) {
      if (run.alertRound() >= run.onset()) {
        int end = run.courses().get(Controller.OURS).judged().length;
        for (int applied : run.appliedRounds()) {
          reports.add(Math.max(0, (applied < 0 ? end : applied) - run.alertRound()));
        }
      }
    }
    return reports;
  }

  /** The value that {@code share} of them are not above; NaN of none. */
  static double quantile(List<Integer> values, double share) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    List<Integer> sorted = values.stream().sorted().toList();
    return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
  }
}
