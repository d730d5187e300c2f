package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertSeverity;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.Longs;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import java.util.List;
import java.util.Map;

/**
 * Troubles that a rule names without a test: reports that are missing, codes that are clamped, an
 * energy bucket that stays empty. One alert per device and kind; where a fifth of the cohort has
 * the same, one for the cohort, and those of its devices are withdrawn.
 */
final class Conditions {
  private static final List<AlertKind> KINDS =
      List.of(
          AlertKind.QUANT_SATURATION,
          AlertKind.TELEMETRY_LOSS,
          AlertKind.ENERGY,
          AlertKind.DISOBEDIENCE);

  /** Rounds in a row before a rule that may be broken by chance raises an alert. */
  private static final int ROUNDS_MIN = 3;

  /** Share of clamped codes that costs accuracy, and how many times the usual share. */
  private static final double SATURATED_MIN = 0.05;

  private static final double SATURATED_RISE = 2;

  /**
   * Of the reports that usually arrive, the share lost that makes a device's picture unreliable.
   */
  private static final double LOST_SHARE = 0.3;

  /** So many lost ones may be chance. */
  private static final double LOST_MIN = 5;

  /** Weight of the past, per round, in what was lost lately. */
  private static final double LOST_MEMORY = 0.95;

  /** Of the samples that a device should train on, the share that its bucket does not allow. */
  private static final double THROTTLED_SHARE = 0.5;

  private static final long THROTTLED_MIN = 4;

  /** Share of a cohort's devices that may run out before it is the budget that is small. */
  private static final double PEERS_EMPTY_MAX = 0.1;

  private static final double SHARED = 0.2;
  private static final int SHARED_MIN = 3;

  /** Shares are summed in these parts of one. */
  private static final double UNITS = 1L << 32;

  private final CohortRound round;
  private final int quietRounds;
  private final boolean peersHaveEnergy;

  Conditions(CohortRound round) {
    this.round = round;
    this.quietRounds = round.policy.getDriftSettings().getQuietRounds();
    this.peersHaveEnergy = peersHaveEnergy();
  }

  void judge() {
    Named<Top> own = new Named<>();
    KINDS.forEach(kind -> own.of(kind.name(), Top::new));
    round.cards.forEach((device, card) -> count(card, round.heard.get(device)));
    round.cards.forEach(
        (device, card) -> {
          for (AlertKind kind : KINDS) {
            Condition condition = card.conditions.computeIfAbsent(kind, k -> new Condition());
            condition.see(isBroken(kind, device, card), startMs(kind, card));
            if (condition.bad >= roundsMin(kind) || condition.alert != null && condition.bad > 0) {
              own.of(kind.name(), Top::new).add(device, condition.sinceMs);
            }
          }
        });
    Named<Top> broken = round.exchange.sum(Summary.BROKEN, own);
    for (AlertKind kind : KINDS) {
      judge(kind, broken.of(kind.name(), Top::new));
    }
    round.cards.values().forEach(card -> card.conditions.values().removeIf(Condition::idle));
    round.cohort.conditions.values().removeIf(Condition::idle);
  }

  /** A silence began when the device was heard last. */
  private long startMs(AlertKind kind, DeviceCard card) {
    long silent = kind == AlertKind.TELEMETRY_LOSS ? Math.max(0, card.silentRounds - 1) : 0;
    return round.closed.startMs() - silent * round.closed.roundMs();
  }

  private static int roundsMin(AlertKind kind) {
    // What a device refuses after repetitions is no chance.
    boolean sure = kind == AlertKind.TELEMETRY_LOSS || kind == AlertKind.DISOBEDIENCE;
    return sure ? 1 : ROUNDS_MIN;
  }

  private void count(DeviceCard card, DeviceRound heard) {
    boolean silent = heard == null || heard.reports == 0;
    card.silentRounds = silent ? card.silentRounds + 1 : 0;
    card.recentLost *= LOST_MEMORY;
    card.recentReports *= LOST_MEMORY;
    if (!silent) {
      card.recentReports += heard.reports;
    }
    if (heard != null) {
      // What was counted as lost and arrives late was not lost.
      card.recentLost = Math.max(0, card.recentLost + heard.lost - heard.dropped);
    }
  }

  private boolean isBroken(AlertKind kind, String device, DeviceCard card) {
    DeviceRound heard = round.heard.get(device);
    return switch (kind) {
      case TELEMETRY_LOSS -> isSilent(card) || losesReports(card);
      case QUANT_SATURATION -> heard != null && saturates(card, heard);
      case ENERGY -> heard != null && isThrottled(card, heard);
      case DISOBEDIENCE -> Obeying.isBroken(card, heard);
      default -> throw new IllegalArgumentException(kind + " is no rule");
    };
  }

  /** Counted are the reports that would have arrived, at the usual loss. */
  private boolean isSilent(DeviceCard card) {
    double expected = card.silentRounds * (1 - round.cohort.usualLoss.mean());
    return expected >= round.policy.getDriftSettings().getSilentRounds();
  }

  /** Hysteresis: an open alert ends half-way between the usual share and the one that raised it. */
  private boolean losesReports(DeviceCard card) {
    UsualLoss usual = round.cohort.usualLoss;
    if (!usual.ready(round.settings.warmupReports()) || card.recentLost < LOST_MIN) {
      return false;
    }
    double limit = Math.max(usual.mean() + LOST_SHARE * (1 - usual.mean()), usual.limit());
    Condition own = card.conditions.get(AlertKind.TELEMETRY_LOSS);
    boolean open = own != null && own.alert != null;
    return lostShare(card) > (open ? 0.5 * (limit + usual.mean()) : limit);
  }

  private static double lostShare(DeviceCard card) {
    double all = card.recentLost + card.recentReports;
    return all == 0 ? 0 : card.recentLost / all;
  }

  /** Devices that count for the usual loss, their shares and the squares of these, in units. */
  Longs losses() {
    Longs losses = new Longs(0, 0, 0);
    for (CohortRound.Member member : round.members) {
      Condition own = member.card().conditions.get(AlertKind.TELEMETRY_LOSS);
      boolean troubled = own != null && own.alert != null;
      if (!troubled && member.heard() != null && member.heard().reports > 0) {
        double share = lostShare(member.card());
        losses.add(0, 1);
        losses.add(1, Math.round(share * UNITS));
        losses.add(2, Math.round(share * share * UNITS));
      }
    }
    return losses;
  }

  /** What is told as a loss does not become the usual one. */
  void learn(Longs losses) {
    Condition whole = round.cohort.conditions.get(AlertKind.TELEMETRY_LOSS);
    if (whole == null || whole.alert == null) {
      round.cohort.usualLoss.add(losses.get(1) / UNITS, losses.get(2) / UNITS, (int) losses.get(0));
    }
  }

  private boolean saturates(DeviceCard card, DeviceRound heard) {
    double share = heard.value(Signal.SATURATION);
    SignalLane lane = card.signals.get(Signal.SATURATION);
    boolean known = lane != null && lane.ready(round.settings);
    return share >= SATURATED_MIN && known && share >= SATURATED_RISE * lane.referenceMean();
  }

  /** A quiet device may run out of energy as all do; alone it spends more than it ought to. */
  private boolean isThrottled(DeviceCard card, DeviceRound heard) {
    boolean wanted =
        card.standing == Standing.DRIFT
            || card.standing == Standing.TRIAL
            || card.standing == Standing.RECOVERING;
    return (wanted || peersHaveEnergy) && runsOut(heard);
  }

  static boolean runsOut(DeviceRound heard) {
    return heard.throttled >= THROTTLED_MIN
        && heard.throttled >= THROTTLED_SHARE * (heard.throttled + heard.trained);
  }

  private boolean peersHaveEnergy() {
    long empty = round.roster.get(Roster.Count.RUN_OUT);
    return empty <= PEERS_EMPTY_MAX * round.roster.get(Roster.Count.HEARD);
  }

  private void judge(AlertKind kind, Top broken) {
    Condition whole = round.cohort.conditions.computeIfAbsent(kind, k -> new Condition());
    int devices = round.devices();
    // Hysteresis: what began as the cohort's ends when half as many are left.
    double share = whole.alert == null ? SHARED : SHARED / 2;
    boolean shared = broken.count() >= Math.max(SHARED_MIN, share * devices);
    whole.see(shared, round.closed.startMs());
    if (shared && whole.alert == null) {
      whole.sinceMs = broken.sinceMs();
      whole.alert = cohortAlert(kind, broken, whole.sinceMs);
      round.alerts.add(whole.alert);
    } else if (whole.alert != null) {
      follow(whole, kind, broken);
    }
    for (Map.Entry<String, DeviceCard> entry : round.cards.entrySet()) {
      Condition own = entry.getValue().conditions.get(kind);
      if (whole.alert != null) {
        end(own, AlertStatus.INVALIDATED, RuleSentences.shared(round, kind, entry.getKey()));
      } else {
        judge(kind, entry.getKey(), entry.getValue(), own);
      }
    }
  }

  private void follow(Condition whole, AlertKind kind, Top broken) {
    AlertFeedback refutation = round.marks.refutation(whole.alert);
    if (refutation != null) {
      end(whole, AlertMarks.endOf(refutation), RuleSentences.refuted(refutation, whole.alert));
    } else if (whole.good >= quietRounds) {
      end(whole, AlertStatus.RESOLVED, RuleSentences.over(round, whole.alert));
    } else if (broken.count() >= 2 * whole.alert.getAffectedDevices()) {
      whole.alert =
          Alert.newBuilder(cohortAlert(kind, broken, whole.sinceMs))
              .setId(whole.alert.getId())
              .setRaisedAtMs(whole.alert.getRaisedAtMs())
              .setRound(whole.alert.getRound())
              .setVerification(whole.alert.getVerification())
              .setStatus(AlertStatus.UPDATED)
              .build();
      round.alerts.add(whole.alert);
    }
  }

  private void judge(AlertKind kind, String device, DeviceCard card, Condition own) {
    AlertFeedback refutation = round.marks.refutation(own.alert);
    if (refutation != null) {
      end(own, AlertMarks.endOf(refutation), RuleSentences.refuted(refutation, own.alert));
    } else if (own.alert == null && own.bad >= roundsMin(kind)) {
      own.alert = deviceAlert(kind, device, card, own);
      round.alerts.add(own.alert);
    } else if (own.alert != null && own.good == 1 && refutedByLateReports(kind, device, card)) {
      end(own, AlertStatus.INVALIDATED, RuleSentences.cameLate(device));
    } else if (own.alert != null && own.good >= quietRounds) {
      end(own, AlertStatus.RESOLVED, RuleSentences.over(round, own.alert));
    }
  }

  /** The round that ended the trouble brought late reports: none of them was lost. */
  private boolean refutedByLateReports(AlertKind kind, String device, DeviceCard card) {
    DeviceRound heard = round.heard.get(device);
    return kind == AlertKind.TELEMETRY_LOSS
        && heard != null
        && heard.dropped > 0
        && card.recentLost < 1;
  }

  private Alert deviceAlert(AlertKind kind, String device, DeviceCard card, Condition own) {
    return RuleAlerts.of(round, kind, AlertScope.DEVICE, device, own.sinceMs)
        .setAffectedDevices(1)
        .setTopDevices(List.of(device))
        .setSeverity(kind == AlertKind.ENERGY ? AlertSeverity.INFO : AlertSeverity.WARNING)
        .setAction(RuleSentences.action(kind))
        .setSentence(RuleSentences.device(round, kind, device, card, own.sinceMs))
        .build();
  }

  private Alert cohortAlert(AlertKind kind, Top devices, long sinceMs) {
    boolean half = devices.count() >= 0.5 * round.devices();
    return RuleAlerts.of(round, kind, AlertScope.COHORT, round.closed.cohort(), sinceMs)
        .setAffectedDevices(devices.count())
        .setTopDevices(devices.names())
        .setSeverity(half ? AlertSeverity.CRITICAL : AlertSeverity.WARNING)
        .setAction(RuleSentences.action(kind))
        .setSentence(RuleSentences.cohort(round, kind, devices.count(), sinceMs))
        .build();
  }

  private void end(Condition condition, AlertStatus status, String sentence) {
    if (condition.alert != null) {
      round.alerts.add(RuleAlerts.end(round, condition.alert, status, sentence));
      condition.alert = null;
      condition.bad = 0;
    }
  }
}
