package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.InputWatch.Input;
import io.fqtfleet.streams.drift.PlainMath;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.state.AckEvidence;
import io.fqtfleet.streams.state.AlertVerdict;
import io.fqtfleet.streams.state.AttributeEvidence;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.DeviceLeft;
import io.fqtfleet.streams.state.ReportEvidence;
import io.fqtfleet.streams.state.RolloutOrder;
import io.fqtfleet.streams.state.StatusEvidence;
import java.util.EnumMap;
import java.util.List;
import java.util.TreeMap;

/**
 * All that was heard of one device in one round. Adding is free of order: sums add, and of levels
 * the one that is newest by its own time or number stays.
 */
final class DeviceRound {
  private static final double LOSS_UNITS = 1 << 12;
  private static final double CONFIDENCE_UNITS = 1 << 15;

  /** A mean over fewer is noise that no reference describes. */
  private static final int SAMPLES_MIN = 4;

  int reports;
  long sinceMs = Long.MAX_VALUE;
  long seen;
  long labelled;
  long correct;
  long trained;
  long lossSum;
  long gradNormSquareSum;
  long gradSamples;
  long confidenceSum;
  long macsForward;
  long macsBackward;
  long energyMicroJoule;
  long codesSaturated;
  long codesTotal;
  long throttled;
  long lost;
  long dropped;
  private long inputCount;
  private long inputSum;
  private long inputSquareSum;
  private int inputMin = Integer.MAX_VALUE;
  private int inputMax = Integer.MIN_VALUE;
  private long updateNormSquareSum;
  private long updateSteps;
  private ReportEvidence newest;

  private long newestAtMs;

  /** The newest one that tells of layers, or null. */
  ReportEvidence newestTrained;

  /** Deviations off the device's own references, before what it shares with its peers. */
  final EnumMap<Signal, Double> residuals = new EnumMap<>(Signal.class);

  /** Its references may take this round in. */
  boolean learns;

  /** It runs its last budget, and did before this round. */
  boolean settled;

  /** It trained in this round under a budget, in force all the time, that forbids it. */
  boolean trainedFrozen;

  /** The last status, or null. */
  StatusEvidence status;

  private long statusAtMs;

  /** The last answer to a budget, or null. */
  AckEvidence ack;

  private long ackAtMs;

  /** What the device is, or null if it did not say. */
  List<String> attributes;

  private long attributesAtMs;
  private long leftAtMs = Long.MIN_VALUE;

  /** Sorts a round's events by device; the result does not depend on their order. */
  static TreeMap<String, DeviceRound> merge(Iterable<CohortEvent> events) {
    TreeMap<String, DeviceRound> rounds = new TreeMap<>();
    for (CohortEvent event : events) {
      if (event.getBody() instanceof AlertVerdict || event.getBody() instanceof RolloutOrder) {
        continue;
      }
      rounds.computeIfAbsent(event.getDevice(), d -> new DeviceRound()).add(event);
    }
    return rounds;
  }

  private void add(CohortEvent event) {
    Object body = event.getBody();
    if (body instanceof ReportEvidence report) {
      add(report);
      if (newest == report) {
        newestAtMs = event.getAtMs();
      }
    } else if (body instanceof StatusEvidence next) {
      if (status == null || isNewer(event.getAtMs(), next)) {
        status = next;
        statusAtMs = event.getAtMs();
      }
    } else if (body instanceof AckEvidence next) {
      if (ack == null
          || event.getAtMs() > ackAtMs
          || event.getAtMs() == ackAtMs && next.getAnsweredVersion() > ack.getAnsweredVersion()) {
        ack = next;
        ackAtMs = event.getAtMs();
      }
    } else if (body instanceof AttributeEvidence next) {
      if (attributes == null || event.getAtMs() >= attributesAtMs) {
        attributes = latest(event.getAtMs(), next.getAttributes());
        attributesAtMs = event.getAtMs();
      }
    } else if (body instanceof DeviceLeft) {
      leftAtMs = Math.max(leftAtMs, event.getAtMs());
    } else {
      throw new IllegalArgumentException("a round holds evidence of devices only, not " + body);
    }
  }

  /** Of two said at one moment the one that is greater as text stays. */
  private List<String> latest(long atMs, List<String> next) {
    boolean tie = attributes != null && atMs == attributesAtMs;
    return tie && attributes.toString().compareTo(next.toString()) > 0 ? attributes : next;
  }

  private boolean isNewer(long atMs, StatusEvidence next) {
    if (atMs != statusAtMs) {
      return atMs > statusAtMs;
    }
    // One moment, two states: a last will of an old boot loses to the birth of the new one.
    int boots = Integer.compare(next.getBootCounter(), status.getBootCounter());
    return boots > 0 || boots == 0 && next.getOnline();
  }

  private void add(ReportEvidence report) {
    reports++;
    sinceMs = Math.min(sinceMs, report.getSinceMs());
    seen += report.getSamplesSeen();
    labelled += report.getSamplesLabelled();
    correct += report.getSamplesCorrect();
    trained += report.getSamplesTrained();
    lossSum += report.getLossSum();
    gradNormSquareSum += report.getGradNormSquareSum();
    gradSamples += report.getGradSamples();
    confidenceSum += report.getConfidenceSum();
    macsForward += report.getMacsForward();
    macsBackward += report.getMacsBackward();
    energyMicroJoule += report.getEnergyMicroJoule();
    codesSaturated += report.getCodesSaturated();
    codesTotal += report.getCodesTotal();
    throttled += report.getSamplesThrottled();
    updateNormSquareSum += report.getUpdateNormSquareSum();
    updateSteps += report.getUpdateSteps();
    lost += report.getReportsLost();
    dropped += report.getReportsDropped();
    if (report.getInputCount() > 0) {
      inputCount += report.getInputCount();
      inputSum += report.getInputSum();
      inputSquareSum += report.getInputSquareSum();
      inputMin = Math.min(inputMin, report.getInputMin());
      inputMax = Math.max(inputMax, report.getInputMax());
    }
    newest = newer(newest, report);
    if (!report.getLayers().isEmpty()) {
      newestTrained = newer(newestTrained, report);
    }
  }

  private static ReportEvidence newer(ReportEvidence last, ReportEvidence next) {
    boolean isNewer =
        last == null
            || next.getBootCounter() > last.getBootCounter()
            || next.getBootCounter() == last.getBootCounter()
                && next.getSequence() > last.getSequence();
    return isNewer ? next : last;
  }

  /** A signal's level in this round; NaN where too few samples tell. */
  double value(Signal signal) {
    return switch (signal) {
      case ERROR -> ratio(errors(), labelled);
      case LOSS -> ratio(lossSum, labelled) / LOSS_UNITS;
      case GRADIENT -> halfLog(ratio(gradNormSquareSum, gradSamples));
      case CONFIDENCE -> ratio(confidenceSum, seen) / CONFIDENCE_UNITS;
      case INPUT_MEAN -> ratio(inputSum, inputCount);
      case INPUT_SPREAD -> inputCount < SAMPLES_MIN ? Double.NaN : halfLog(input().variance());
      case SATURATION -> ratio(codesSaturated, codesTotal);
      case RELATIVE_UPDATE ->
          updateSteps == 0 || newest.getWeightNormSquare() <= 0
              ? Double.NaN
              : halfLog((double) updateNormSquareSum / updateSteps / newest.getWeightNormSquare());
    };
  }

  private static double ratio(long sum, long count) {
    return count < SAMPLES_MIN ? Double.NaN : (double) sum / count;
  }

  /** NaN of zero: a signal that is not there says nothing. */
  private static double halfLog(double square) {
    return square > 0 ? 0.5 * PlainMath.log(square) : Double.NaN;
  }

  long errors() {
    return labelled - correct;
  }

  Input input() {
    return new Input(inputCount, inputSum, inputSquareSum, inputMin, inputMax);
  }

  /** It moved to another cohort and was not heard of here since. */
  boolean left() {
    return leftAtMs > Long.MIN_VALUE && (status == null || leftAtMs >= statusAtMs);
  }

  /** It left and is back: another board, or from another cohort. */
  boolean cameBack() {
    return leftAtMs > Long.MIN_VALUE && !left();
  }

  /** Takes over what the device said of itself. */
  void tell(DeviceCard card) {
    if (status != null) {
      card.online = status.getOnline();
      card.boot = status.getBootCounter();
      card.reportedVersion = Math.max(card.reportedVersion, status.getBudgetVersion());
    }
    if (newest != null) {
      long known = card.budget == null ? 0 : card.budget.getVersion();
      settled = card.appliedVersion >= known && newest.getBudgetVersion() >= known;
      // Judged here: what this round decides may forbid what was allowed during it.
      trainedFrozen =
          settled && trained > 0 && card.budget != null && !card.budget.getTerms().getTraining();
      card.reverted =
          newest.getBudgetVersion() < card.appliedVersion
              || card.reverted && newest.getBudgetVersion() < known;
      card.appliedVersion = newest.getBudgetVersion();
      card.appliedAtMs = newestAtMs;
      card.reportedVersion = Math.max(card.reportedVersion, newest.getBudgetVersion());
    }
    if (ack != null) {
      card.reportedVersion = Math.max(card.reportedVersion, ack.getVersionInForce());
      boolean ofLast = card.budget != null && ack.getAnsweredVersion() == card.budget.getVersion();
      card.refused = ofLast && ack.getRefused();
      card.refusal = card.refused ? ack.getWhy() : "";
    }
    long stored = ack == null ? card.appliedVersion : ack.getVersionInForce();
    if (Math.max(stored, card.appliedVersion) >= card.resetVersion) {
      card.resetVersion = 0;
    }
    if (Math.max(stored, card.appliedVersion) >= card.restoreVersion) {
      card.restoreVersion = 0;
    }
    if (attributes != null) {
      card.attributes = List.copyOf(attributes);
    }
    if (card.budget != null && card.appliedVersion >= card.budget.getVersion()) {
      card.reissues = 0;
    }
  }
}
