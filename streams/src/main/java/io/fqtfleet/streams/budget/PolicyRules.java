package io.fqtfleet.streams.budget;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.DetectorChoice;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.DriftSignal;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Silence;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.drift.DetectorKind;
import io.fqtfleet.streams.drift.DetectorPlan;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a policy must fulfil before it may come into force. */
public final class PolicyRules {
  private static final int DAY_MS = 86_400_000;
  private static final int SILENCES_MAX = 100;
  private static final int REASON_MAX = 500;
  private static final int AUTHOR_MAX = 100;

  private static final Set<DriftSignal> SHARES =
      EnumSet.of(DriftSignal.ERROR, DriftSignal.CONFIDENCE, DriftSignal.SATURATION);

  private final List<String> problems = new ArrayList<>();

  private PolicyRules() {}

  /** All that is wrong, each as {@code path: value, rule, remedy}; empty = valid. */
  public static List<String> problems(Policy policy) {
    PolicyRules rules = new PolicyRules();
    rules.check(policy);
    return List.copyOf(rules.problems);
  }

  /**
   * The same, and that no version is taken twice.
   *
   * @param inForce the version that the policy is to follow; null = its cohort has none
   */
  public static List<String> problemsAfter(Policy policy, Long inForce) {
    List<String> problems = problems(policy);
    return !problems.isEmpty() || inForce == null || policy.getVersion() > inForce
        ? problems
        : List.of(
            "version: %d is not above %d, which is in force; apply it with version %d"
                .formatted(policy.getVersion(), inForce, inForce + 1));
  }

  private void check(Policy policy) {
    String cohort = policy.getCohort();
    if (!cohort.equals(Topics.ANY_COHORT) && !Topics.COHORT.matcher(cohort).matches()) {
      problems.add(
          "cohort: '%s' is neither * nor %s; name one cohort, or * for all without a policy"
              .formatted(cohort, Topics.COHORT.pattern()));
    }
    for (int i = 0; i < policy.getFrozenDevices().size(); i++) {
      String device = policy.getFrozenDevices().get(i);
      if (!Topics.DEVICE_ID.matcher(device).matches()) {
        problems.add(
            "frozenDevices[%d]: '%s' is not a device id %s; correct or remove it"
                .formatted(i, device, Topics.DEVICE_ID.pattern()));
      }
    }
    within("version", policy.getVersion(), 1, Long.MAX_VALUE);
    within("roundMs", policy.getRoundMs(), 100, DAY_MS);
    within("recoveryRounds", policy.getRecoveryRounds(), 1, 1000);
    within("timeToLiveS", policy.getTimeToLiveS(), 0, Integer.MAX_VALUE);
    terms("quiet", policy.getQuiet(), policy.getRoundMs());
    terms("drift", policy.getDrift(), policy.getRoundMs());
    terms("trial", policy.getTrial(), policy.getRoundMs());
    ordered(policy);
    settings(policy.getDriftSettings());
    silences(policy);
    new ControlRules(problems).check(policy);
    long ttlMs = policy.getTimeToLiveS() * 1000L;
    if (ttlMs > 0 && ttlMs < 4L * policy.getRoundMs()) {
      problems.add(
          "timeToLiveS: %d is shorter than 4 rounds of %d ms, so budgets would end before they can"
                  .formatted(policy.getTimeToLiveS(), policy.getRoundMs())
              + " be renewed; make it longer, or 0 for never");
    }
  }

  private void terms(String path, BudgetTerms terms, int roundMs) {
    within(path + ".lambdaMinPermille", terms.getLambdaMinPermille(), 0, 1000);
    within(path + ".lambdaMaxPermille", terms.getLambdaMaxPermille(), 1, 1000);
    if (terms.getLambdaMinPermille() > terms.getLambdaMaxPermille()) {
      problems.add(
          "%s.lambdaMinPermille: %d is above lambdaMaxPermille %d; lower it"
              .formatted(path, terms.getLambdaMinPermille(), terms.getLambdaMaxPermille()));
    }
    within(path + ".firstTrainableLayer", terms.getFirstTrainableLayer(), 0, 15);
    within(path + ".learningRate", terms.getLearningRate(), 1, 1 << 20);
    within(path + ".batchSize", terms.getBatchSize(), 1, 64);
    within(path + ".trainEveryNth", terms.getTrainEveryNth(), 1, 1000);
    if (terms.getPseudoLabelPermille() != 0) {
      within(path + ".pseudoLabelPermille", terms.getPseudoLabelPermille(), 500, 1000);
    }
    within(path + ".energyCapacityMilliJoule", terms.getEnergyCapacityMilliJoule(), 0, 1_000_000);
    within(
        path + ".energyRefillMilliJoulePerHour",
        terms.getEnergyRefillMilliJoulePerHour(),
        0,
        1_000_000);
    within(path + ".reportIntervalMs", terms.getReportIntervalMs(), 100, DAY_MS);
    if (terms.getReportIntervalMs() > roundMs) {
      problems.add(
          "%s.reportIntervalMs: %d is longer than a round of %d ms, so rounds would be empty; set"
                  .formatted(path, terms.getReportIntervalMs(), roundMs)
              + " it to roundMs");
    }
  }

  /** The terms between quiet and drift are interpolated, so drift must not allow less. */
  private void ordered(Policy policy) {
    BudgetTerms quiet = policy.getQuiet();
    BudgetTerms drift = policy.getDrift();
    if (drift.getLambdaMinPermille() < quiet.getLambdaMinPermille()
        || drift.getLambdaMaxPermille() < quiet.getLambdaMaxPermille()) {
      problems.add(
          "drift.lambda: %d..%d permille is below quiet's %d..%d; a drifting device must not be"
                  .formatted(
                      drift.getLambdaMinPermille(),
                      drift.getLambdaMaxPermille(),
                      quiet.getLambdaMinPermille(),
                      quiet.getLambdaMaxPermille())
              + " allowed less than a quiet one, raise it");
    }
    int deepest = drift.getFirstTrainableLayer();
    int shallowest = quiet.getFirstTrainableLayer();
    if (policy.getChooseLayers() && shallowest <= deepest) {
      problems.add(
          ("chooseLayers: true with drift.firstTrainableLayer %d and quiet.firstTrainableLayer %d"
                  + " leaves nothing to choose; raise quiet's, or set false")
              .formatted(deepest, shallowest));
    }
    if (!policy.getTrial().getTraining()) {
      problems.add(
          "trial.training: false makes a trial pointless; set it true, or freeze the cohort with"
              + " frozen: true");
    }
  }

  private void settings(DriftSettings settings) {
    double pages = settings.getFalsePagesPerFleetDay();
    if (!(pages > 0 && pages <= 100)) {
      problems.add(
          "driftSettings.falsePagesPerFleetDay: %s is not above 0 and at most 100; try 1"
              .formatted(pages));
    }
    within("driftSettings.warmupReports", settings.getWarmupReports(), 4, 10_000);
    within("driftSettings.lagReports", settings.getLagReports(), 2, 10_000);
    within("driftSettings.graceMs", settings.getGraceMs(), 0, 3_600_000);
    within("driftSettings.quietRounds", settings.getQuietRounds(), 1, 1000);
    within("driftSettings.trialRounds", settings.getTrialRounds(), 1, 1000);
    within("driftSettings.silentRounds", settings.getSilentRounds(), 3, 100_000);
    double rate = settings.getFalseDiscoveryRate();
    if (!(rate > 0 && rate <= 0.5)) {
      problems.add(
          "driftSettings.falseDiscoveryRate: %s is not above 0 and at most 0.5; try 0.05"
              .formatted(rate));
    }
    List<DriftSignal> signals = settings.getSignals();
    if (signals.isEmpty()
        || signals.contains(DriftSignal.UNKNOWN)
        || new HashSet<>(signals).size() < signals.size()) {
      problems.add(
          "driftSettings.signals: %s must name at least one signal, each once, none UNKNOWN; remove"
                  .formatted(signals)
              + " the key for the default");
    }
    detectors(settings);
  }

  private void detectors(DriftSettings settings) {
    Set<DriftSignal> seen = new HashSet<>();
    for (int i = 0; i < settings.getDetectors().size(); i++) {
      DetectorChoice choice = settings.getDetectors().get(i);
      String path = "driftSettings.detectors[" + i + "]";
      DriftSignal signal = choice.getSignal();
      if (!settings.getSignals().contains(signal)) {
        problems.add(
            "%s.signal: %s is not among the tested signals %s; test it, or choose another"
                .formatted(path, signal, settings.getSignals()));
      } else if (!seen.add(signal)) {
        problems.add("%s.signal: %s has a detector already; remove one".formatted(path, signal));
      }
      List<String> wrong = DetectorPlan.problems(choice.getDetector(), choice.getSettings());
      for (String problem : wrong) {
        problems.add("%s: %s; 'fleet detect --list' shows what there is".formatted(path, problem));
      }
      if (wrong.isEmpty() && !fits(choice)) {
        problems.add(
            ("%s.detector: %s wants numbers in 0..1, %s has no such range; choose e-sr-gaussian,"
                    + " adwin, page-hinkley or cusum")
                .formatted(path, choice.getDetector(), signal));
      }
    }
  }

  /** Rates and shares lie in 0..1, other signals anywhere. */
  private static boolean fits(DetectorChoice choice) {
    DetectorKind.Input input =
        DetectorPlan.of(choice.getDetector(), choice.getSettings()).kind().input();
    return input == DetectorKind.Input.REAL || SHARES.contains(choice.getSignal());
  }

  private void silences(Policy policy) {
    within("silences", policy.getSilences().size(), 0, SILENCES_MAX);
    for (int i = 0; i < policy.getSilences().size(); i++) {
      Silence silence = policy.getSilences().get(i);
      String path = "silences[" + i + "]";
      String cohort = silence.getCohort();
      if (!cohort.isEmpty() && !Topics.COHORT.matcher(cohort).matches()) {
        problems.add(
            "%s.cohort: '%s' is not %s; name one cohort, or leave it out for all"
                .formatted(path, cohort, Topics.COHORT.pattern()));
      } else if (!cohort.isEmpty()
          && !policy.getCohort().equals(Topics.ANY_COHORT)
          && !cohort.equals(policy.getCohort())) {
        problems.add(
            "%s.cohort: '%s' is none of the policy of '%s'; silence it in its own policy"
                .formatted(path, cohort, policy.getCohort()));
      }
      within(path + ".untilMs", silence.getUntilMs(), 1, Long.MAX_VALUE);
      within(path + ".reason (characters)", silence.getReason().strip().length(), 1, REASON_MAX);
      within(path + ".author (characters)", silence.getAuthor().strip().length(), 1, AUTHOR_MAX);
    }
  }

  private void within(String path, long value, long min, long max) {
    if (value < min || value > max) {
      problems.add(
          "%s: %d is not in %d..%d; choose a value in that range".formatted(path, value, min, max));
    }
  }
}
