package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.LayerCounters;
import io.fqtfleet.schemas.RegistryState;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.schemas.WireException.Reason;
import io.fqtfleet.streams.state.AckEvidence;
import io.fqtfleet.streams.state.AttributeEvidence;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.DeviceLeft;
import io.fqtfleet.streams.state.IntakeCard;
import io.fqtfleet.streams.state.ReportEvidence;
import io.fqtfleet.streams.state.StatusEvidence;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/**
 * Turns one device's messages into evidence for its cohort: every sample once, whatever was lost,
 * repeated or came late. Works on the device's card, which the caller loads and stores.
 */
public final class Intake {
  /** What became of a report. */
  public enum Fate {
    COUNTED,
    /** Its sequence number, or a higher one of the same boot, was here before. */
    DUPLICATE_OR_LATE,
    /** Of a boot that is over. */
    OLD_BOOT,
    /** The cohort is not known yet; the next report carries its samples too. */
    UNASSIGNED,
    /** The operator took it out of service. */
    RETIRED
  }

  private final IntakeCard card;
  private final String device;
  private final long atMs;
  private final ToIntFunction<String> shardsOf;
  private final Consumer<CohortEvent> evidence;

  /** Where no cohort is split. */
  public Intake(IntakeCard card, String device, long atMs, Consumer<CohortEvent> evidence) {
    this(card, device, atMs, cohort -> 1, evidence);
  }

  /**
   * @param shardsOf a cohort; each piece of evidence is for the shards that the card names then
   */
  Intake(
      IntakeCard card,
      String device,
      long atMs,
      ToIntFunction<String> shardsOf,
      Consumer<CohortEvent> evidence) {
    this.card = card;
    this.device = device;
    this.atMs = atMs;
    this.shardsOf = shardsOf;
    this.evidence = evidence;
    followShards();
  }

  /** A cohort that is split anew: the device leaves one shard and joins another. */
  private void followShards() {
    if (!cohort().isEmpty() && card.getShards() != shardsOf.applyAsInt(cohort())) {
      evidence.accept(new CohortEvent(cohort(), device, atMs, new DeviceLeft()));
      card.setShards(shardsOf.applyAsInt(cohort()));
      emitStatus();
      emitAttributes();
    }
  }

  private String cohort() {
    return card.getRegisteredCohort().isEmpty()
        ? card.getStatusCohort()
        : card.getRegisteredCohort();
  }

  public Fate report(TrainingReport report) throws WireException {
    named(report.getDevice());
    if (card.getRetired()) {
      return Fate.RETIRED;
    }
    boolean first = card.getBoot() == 0;
    if (first && isOver(report)) {
      // The board that was replaced still runs.
      card.setDropped(card.getDropped() + 1);
      return Fate.OLD_BOOT;
    }
    boolean sameBoot =
        !first
            && report.getBootCounter() == card.getBoot()
            && report.getBootNonce() == card.getNonce();
    if (sameBoot && report.getSequence() <= card.getSequence()) {
      card.setDropped(card.getDropped() + 1);
      return Fate.DUPLICATE_OR_LATE;
    }
    if (!sameBoot && !first && !isNewBoot(report)) {
      card.setDropped(card.getDropped() + 1);
      return Fate.OLD_BOOT;
    }
    List<Long> sums = CounterSums.of(report);
    long[] differences = CounterSums.differences(sameBoot ? card.getCounted() : List.of(), sums);
    // What the first report ever skips was before our time, not lost.
    long expected = sameBoot ? card.getSequence() + 1 : first ? report.getSequence() : 1;
    card.setLost(card.getLost() + Math.max(0, report.getSequence() - expected));
    if (!sameBoot) {
      if (!first) {
        card.setPreviousBoot(card.getBoot());
        card.setPreviousNonce(card.getNonce());
      }
      card.setBoot(report.getBootCounter());
      card.setNonce(report.getBootNonce());
      card.setCounted(List.of());
      card.setSinceMs(0L);
      // A birth that this report overtook must not bring its boot back.
      card.setAnnouncedBoot(report.getBootCounter());
      card.setAnnouncedNonce(report.getBootNonce());
    }
    card.setSequence(report.getSequence());
    if (cohort().isEmpty()) {
      return Fate.UNASSIGNED;
    }
    emit(evidenceOf(report, differences));
    card.setCounted(sums);
    card.setSinceMs(atMs);
    card.setLost(0L);
    card.setDropped(0L);
    return Fate.COUNTED;
  }

  /** A higher counter; or, of a wiped or replaced device, the boot that its birth announced. */
  private boolean isNewBoot(TrainingReport report) {
    boolean announced =
        card.getOnline()
            && report.getBootCounter() == card.getAnnouncedBoot()
            && report.getBootNonce() == card.getAnnouncedNonce();
    return !isOver(report) && (report.getBootCounter() > card.getBoot() || announced);
  }

  private boolean isOver(TrainingReport report) {
    return report.getBootCounter() == card.getPreviousBoot()
        && report.getBootNonce() == card.getPreviousNonce();
  }

  private ReportEvidence evidenceOf(TrainingReport report, long[] counted) {
    return ReportEvidence.newBuilder()
        .setBootCounter(report.getBootCounter())
        .setSequence(report.getSequence())
        .setSinceMs(card.getSinceMs())
        .setSamplesSeen(counted[CounterSums.SEEN.ordinal()])
        .setSamplesLabelled(counted[CounterSums.LABELLED.ordinal()])
        .setSamplesCorrect(counted[CounterSums.CORRECT.ordinal()])
        .setSamplesTrained(counted[CounterSums.TRAINED.ordinal()])
        .setLossSum(counted[CounterSums.LOSS.ordinal()])
        .setGradNormSquareSum(counted[CounterSums.GRAD_NORM_SQUARE.ordinal()])
        .setGradSamples(counted[CounterSums.GRAD_SAMPLES.ordinal()])
        .setConfidenceSum(counted[CounterSums.CONFIDENCE.ordinal()])
        .setInputCount(counted[CounterSums.INPUT_COUNT.ordinal()])
        .setInputSum(counted[CounterSums.INPUT.ordinal()])
        .setInputSquareSum(counted[CounterSums.INPUT_SQUARE.ordinal()])
        .setInputMin(report.getInputMin())
        .setInputMax(report.getInputMax())
        .setMacsForward(counted[CounterSums.MACS_FORWARD.ordinal()])
        .setMacsBackward(counted[CounterSums.MACS_BACKWARD.ordinal()])
        .setEnergyMicroJoule(counted[CounterSums.ENERGY.ordinal()])
        .setBudgetVersion(report.getBudgetVersion())
        .setReportsLost(card.getLost())
        .setReportsDropped(card.getDropped())
        .setConfidenceSquareSum(counted[CounterSums.CONFIDENCE_SQUARE.ordinal()])
        .setUpdateNormSquareSum(counted[CounterSums.UPDATE_NORM_SQUARE.ordinal()])
        .setUpdateSteps(counted[CounterSums.UPDATE_STEPS.ordinal()])
        .setWeightNormSquare(weightNormSquare(report))
        .setCodesSaturated(counted[CounterSums.SATURATED.ordinal()])
        .setCodesTotal(counted[CounterSums.CODES.ordinal()])
        .setSamplesThrottled(counted[CounterSums.THROTTLED.ordinal()])
        .setFirstLayer(report.getFirstLayer())
        .setLayers(
            counted[CounterSums.TRAINED.ordinal()] > 0
                ? LayerSums.evidence(report, counted, CounterSums.values().length)
                : List.of())
        .build();
  }

  private static long weightNormSquare(TrainingReport report) {
    List<LayerCounters> layers = report.getLayers();
    return layers.isEmpty() ? 0 : layers.get(layers.size() - 1).getWeightNormSquare();
  }

  public void status(DeviceStatus status) throws WireException {
    named(status.getDevice());
    if (card.getRetired()) {
      return;
    }
    if (!Topics.COHORT.matcher(status.getCohort()).matches()) {
      throw new WireException(
          Reason.OUT_OF_RANGE,
          "cohort '%s' is not %s; correct the device's provisioning"
              .formatted(status.getCohort(), Topics.COHORT.pattern()));
    }
    card.setOnline(status.getState() == DeviceState.ONLINE);
    card.setAnnouncedBoot(status.getBootCounter());
    card.setAnnouncedNonce(status.getBootNonce());
    card.setStatusBudgetVersion(status.getBudgetVersion());
    String before = cohort();
    card.setStatusCohort(status.getCohort());
    List<String> attributes = DeviceAttributes.of(status);
    boolean changed = !attributes.equals(card.getStatusAttributes());
    card.setStatusAttributes(attributes);
    boolean moved = moveFrom(before);
    emitStatus();
    if (changed || moved || before.isEmpty()) {
      emitAttributes();
    }
  }

  /**
   * @param registration null = the operator withdrew it
   */
  void registration(DeviceRegistration registration) throws WireException {
    String cohort = registration == null ? null : registration.getCohort();
    if (cohort != null && !Topics.COHORT.matcher(cohort).matches()) {
      throw new WireException(
          Reason.OUT_OF_RANGE,
          "cohort '%s' is not %s; register the device again"
              .formatted(cohort, Topics.COHORT.pattern()));
    }
    if (registration != null && registration.getState() == RegistryState.RETIRED) {
      forget(true);
      return;
    }
    int boards = registration == null ? card.getBoards() : registration.getBoards();
    if (card.getRetired() || boards > card.getBoards()) {
      forget(false);
    }
    card.setBoards(boards);
    String before = cohort();
    card.setRegisteredCohort(cohort == null ? "" : cohort);
    List<String> attributes =
        registration == null ? List.of() : DeviceAttributes.of(registration.getAttributes());
    boolean changed = !attributes.equals(card.getRegisteredAttributes());
    card.setRegisteredAttributes(attributes);
    boolean moved = moveFrom(before);
    if (moved && !card.getStatusCohort().isEmpty()) {
      emitStatus();
    }
    if (moved || changed) {
      emitAttributes();
    }
  }

  /** A cohort issued a budget; the next cohort must continue above its version. */
  public void budget(UpdateBudget budget) throws WireException {
    named(budget.getDevice());
    card.setIssuedVersion(Math.max(card.getIssuedVersion(), budget.getVersion()));
  }

  public void ack(BudgetAck ack) throws WireException {
    named(ack.getDevice());
    if (card.getRetired() || cohort().isEmpty()) {
      return;
    }
    boolean refused = ack.getOutcome() == AckOutcome.REFUSED;
    String why = refused ? (ack.getRefusal() + " " + ack.getField()).strip() : "";
    emit(
        AckEvidence.newBuilder()
            .setAnsweredVersion(ack.getAnsweredVersion())
            .setVersionInForce(ack.getVersionInForce())
            .setRefused(refused)
            .setWhy(why)
            .build());
  }

  /** Its retained status is gone: it announces itself again, or never will. */
  void gone() {
    String before = cohort();
    card.setStatusCohort("");
    card.setOnline(false);
    moveFrom(before);
  }

  /**
   * Nothing counts that this board said. Versions go on: a board that comes back refuses lower
   * ones.
   */
  private void forget(boolean retired) {
    String before = cohort();
    if (!before.isEmpty()) {
      evidence.accept(new CohortEvent(before, device, atMs, new DeviceLeft()));
    }
    long issued = Math.max(card.getIssuedVersion(), card.getStatusBudgetVersion());
    int boards = card.getBoards();
    int boot = card.getBoot();
    int nonce = card.getNonce();
    IntakeCard empty = IntakeCard.newBuilder().build();
    IntakeCard.getClassSchema()
        .getFields()
        .forEach(field -> card.put(field.pos(), empty.get(field.pos())));
    card.setIssuedVersion(issued);
    card.setBoards(boards);
    if (!retired) {
      // Reports of the board that was replaced may still be on their way.
      card.setPreviousBoot(boot);
      card.setPreviousNonce(nonce);
    }
    card.setRetired(retired);
  }

  /** Tells the cohort that it left, if it did. */
  private boolean moveFrom(String before) {
    boolean moved = !before.equals(cohort());
    if (moved && !before.isEmpty()) {
      evidence.accept(new CohortEvent(before, device, atMs, new DeviceLeft()));
    }
    if (moved && !cohort().isEmpty()) {
      card.setShards(shardsOf.applyAsInt(cohort()));
    }
    return moved;
  }

  private void emitStatus() {
    emit(
        StatusEvidence.newBuilder()
            .setOnline(card.getOnline())
            .setBootCounter(card.getAnnouncedBoot())
            .setBudgetVersion(Math.max(card.getStatusBudgetVersion(), card.getIssuedVersion()))
            .build());
  }

  private void emitAttributes() {
    emit(
        new AttributeEvidence(
            DeviceAttributes.merge(card.getStatusAttributes(), card.getRegisteredAttributes())));
  }

  private void emit(Object body) {
    if (!cohort().isEmpty()) {
      evidence.accept(new CohortEvent(cohort(), device, atMs, body));
    }
  }

  private void named(String name) throws WireException {
    if (!name.equals(device)) {
      throw new WireException(
          Reason.WRONG_DEVICE,
          "the message of device '%s' has the key '%s'".formatted(name, device));
    }
  }
}
