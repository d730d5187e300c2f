package io.fqtfleet.streams.rollout;

import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutPhase;
import io.fqtfleet.streams.rollout.RolloutStep.Audit;
import io.fqtfleet.streams.rollout.RolloutStep.Withdrawal;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** What a step has decided so far. */
final class RolloutDraft {
  /** Null = there was no rollout yet. */
  Rollout.Builder state;

  Policy lastGood;
  Policy candidate;
  Withdrawal withdrawal = Withdrawal.NONE;
  boolean started;

  /** What the gate saw, once it was asked; null before. */
  AlertEvidence evidence;

  final TreeSet<String> expose = new TreeSet<>();
  final List<Audit> audits = new ArrayList<>();

  void move(RolloutPhase to, String by, String sentence) {
    String from = phase();
    state.setPhase(to);
    state.setSteppedBy(by);
    say(from, sentence);
  }

  void say(String from, String sentence) {
    state.setSentence(sentence);
    audit(from, sentence);
  }

  void audit(String from, String sentence) {
    boolean back = withdrawal == Withdrawal.TERMS || withdrawal == Withdrawal.TERMS_AND_WEIGHTS;
    audits.add(new Audit(from, phase(), back, evidence, sentence));
  }

  boolean isActive() {
    return state != null && RolloutStep.ACTIVE.contains(state.getPhase());
  }

  String phase() {
    return state == null ? "NONE" : state.getPhase().name();
  }

  /** The stage is judged by what comes from now on. */
  void watchAnew() {
    state.setStageRounds(0);
    state.setSoakedRounds(0);
    state.setSamples(0);
    state.setErrors(0);
    state.setErrorsExpected(0);
    state.setOtherSamples(0);
    state.setOtherErrors(0);
    state.setOtherErrorsExpected(0);
    state.setAccuracyLoss(null);
    state.setAccuracyLossSure(null);
  }
}
