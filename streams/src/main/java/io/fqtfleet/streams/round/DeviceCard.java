package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.streams.budget.BudgetRule.Recall;
import io.fqtfleet.streams.budget.EnergyReserve;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.DeviceLane;
import io.fqtfleet.streams.drift.InputWatch;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What a cohort remembers of one of its devices between rounds. Used by one thread. */
public final class DeviceCard {
  private static final int VERSION = 7;
  private static final WireCodec<UpdateBudget> BUDGETS = WireCodec.of(UpdateBudget.class);
  private static final WireCodec<Alert> ALERTS = WireCodec.of(Alert.class);

  boolean online;
  int boot;

  /** Highest budget version that the device has told of, in whatever message. */
  long reportedVersion;

  /** Budget version that its last report named; -1 = no report yet. */
  long appliedVersion = -1;

  /** When that report came, event time. */
  long appliedAtMs;

  /** It refused the last budget; why is in {@link #refusal}. */
  boolean refused;

  String refusal = "";

  DeviceLane lane = new DeviceLane();
  InputWatch input = new InputWatch();

  /** Of the other signals that it has shown so far. */
  final EnumMap<Signal, SignalLane> signals = new EnumMap<>(Signal.class);

  /** Detectors that the policy chose in place of lanes; most cohorts have none. */
  final EnumMap<Signal, ChosenDetector> chosen = new EnumMap<>(Signal.class);

  /** Average of the lanes as they are; NaN = to be computed. Not stored. */
  double evidence = Double.NaN;

  /** What the incident it takes part in is measured by, and how far off that is lately. */
  Signal lead = Signal.ERROR;

  double recentResidual = Double.NaN;

  /** name=value, sorted. */
  List<String> attributes = List.of();

  /** Discounted sums, so that the latest rounds weigh most. */
  double recentErrors;

  double recentSamples;
  double pastResidual;

  Standing standing = Standing.STABLE;

  /** Rounds in the standing in which the device reported labelled samples. */
  int rounds;

  /** Rounds in a row, of those, in which all was well again. */
  int goodRounds;

  int badRounds;
  int flawRounds;
  int heldRounds;

  /** Of the incident it takes part in: error rate before, at worst, and good again at. */
  double baseError = Double.NaN;

  double peakError = Double.NaN;
  double limitError = Double.NaN;
  int level;

  /** Budget issued last; null = none yet. */
  UpdateBudget budget;

  /** Version that carried a reset of e_max which the device is not known to have; 0 = none. */
  long resetVersion;

  int reissues;

  /** It was given the terms that the cohort's rollout brings. */
  boolean exposed;

  /** Its error rate when the cohort's last rollout began; NaN = not known. */
  double usualError = Double.NaN;

  /** Version that told it to restore its stored weights, not known to have arrived; 0 = none. */
  long restoreVersion;

  /** What its policy's energy bucket holds beside its budget's; null = there is no such bucket. */
  EnergyReserve reserve;

  /** Its reports once named a higher version than they do now. */
  boolean reverted;

  /** Of this round, not stored: what a rollout takes back, and why it was given or taken. */
  Recall recall = Recall.NONE;

  String rolloutSentence = "";

  /** What its layers show; null unless its policy chooses layers and it has trained some. */
  LayerLevels layers;

  /** The device's own open incident, or null. */
  Alert alert;

  /** Rules that it breaks or broke a moment ago. */
  final EnumMap<AlertKind, Condition> conditions = new EnumMap<>(AlertKind.class);

  /** Rounds in a row without a report. */
  int silentRounds;

  /** Reports lost and received, discounted. */
  double recentLost;

  double recentReports;

  /** Changes the standing and starts its counts. */
  void enter(Standing next) {
    standing = next;
    rounds = 0;
    goodRounds = 0;
    badRounds = 0;
    heldRounds = 0;
  }

  /** A new epoch of its detectors. */
  void restartLanes() {
    evidence = Double.NaN;
    lane.restart();
    input.restart();
    signals.values().forEach(SignalLane::restart);
    chosen.values().forEach(ChosenDetector::restart);
  }

  /** References stay; what spoke against them is dropped. */
  void forgetEvidence() {
    evidence = Double.NaN;
    lane.forgetEvidence();
    signals.values().forEach(SignalLane::forgetEvidence);
    chosen.values().forEach(ChosenDetector::restart);
  }

  /** Drops what was not yet absorbed of any signal. */
  void forgetRecent() {
    lane.forgetRecent();
    signals.values().forEach(SignalLane::forgetRecent);
  }

  /** Its trouble is its own, or was a moment ago: its old evidence says nothing of the cohort. */
  boolean isolated() {
    return alert != null || standing == Standing.TRIAL || standing == Standing.FAULT;
  }

  List<Alert> openAlerts() {
    List<Alert> open = new ArrayList<>();
    if (alert != null) {
      open.add(alert);
    }
    for (Condition condition : conditions.values()) {
      if (condition.alert != null) {
        open.add(condition.alert);
      }
    }
    return open;
  }

  public Standing standing() {
    return standing;
  }

  public UpdateBudget budget() {
    return budget;
  }

  public byte[] toBytes() {
    return CardBytes.write(VERSION, this::write);
  }

  public static DeviceCard of(byte[] bytes) {
    return CardBytes.read("device card", VERSION, bytes, DeviceCard::read);
  }

  private void write(DataOutput out) throws IOException {
    out.writeBoolean(online);
    out.writeInt(boot);
    out.writeLong(reportedVersion);
    out.writeLong(appliedVersion);
    out.writeLong(appliedAtMs);
    out.writeBoolean(refused);
    out.writeUTF(refusal);
    lane.write(out);
    input.write(out);
    CardBytes.writeLanes(out, signals);
    out.writeByte(chosen.size());
    for (Map.Entry<Signal, ChosenDetector> entry : chosen.entrySet()) {
      out.writeByte(entry.getKey().ordinal());
      entry.getValue().write(out);
    }
    out.writeByte(lead.ordinal());
    out.writeFloat((float) recentResidual);
    out.writeByte(attributes.size());
    for (String attribute : attributes) {
      out.writeUTF(attribute);
    }
    out.writeFloat((float) recentErrors);
    out.writeFloat((float) recentSamples);
    out.writeFloat((float) pastResidual);
    out.writeByte(standing.ordinal());
    out.writeInt(rounds);
    out.writeInt(goodRounds);
    out.writeInt(badRounds);
    out.writeInt(flawRounds);
    out.writeInt(heldRounds);
    out.writeFloat((float) baseError);
    out.writeFloat((float) peakError);
    out.writeFloat((float) limitError);
    out.writeByte(level);
    CardBytes.writeRecord(out, BUDGETS, budget);
    out.writeLong(resetVersion);
    out.writeInt(reissues);
    out.writeBoolean(exposed);
    out.writeFloat((float) usualError);
    out.writeLong(restoreVersion);
    out.writeBoolean(reverted);
    out.writeBoolean(reserve != null);
    if (reserve != null) {
      out.writeDouble(reserve.milliJoule());
      out.writeLong(reserve.atMs());
      out.writeInt(reserve.capacity());
      out.writeInt(reserve.refill());
    }
    out.writeBoolean(layers != null);
    if (layers != null) {
      layers.write(out);
    }
    CardBytes.writeRecord(out, ALERTS, alert);
    CardBytes.writeConditions(out, conditions);
    out.writeInt(silentRounds);
    out.writeFloat((float) recentLost);
    out.writeFloat((float) recentReports);
  }

  private static DeviceCard read(DataInput in) throws IOException {
    DeviceCard card = new DeviceCard();
    card.online = in.readBoolean();
    card.boot = in.readInt();
    card.reportedVersion = in.readLong();
    card.appliedVersion = in.readLong();
    card.appliedAtMs = in.readLong();
    card.refused = in.readBoolean();
    card.refusal = in.readUTF();
    card.lane = DeviceLane.read(in);
    card.input = InputWatch.read(in);
    CardBytes.readLanes(in, SignalLane.Noise.ANY, card.signals);
    for (int i = in.readByte(); i > 0; i--) {
      card.chosen.put(Signal.values()[in.readByte()], ChosenDetector.read(in));
    }
    card.lead = Signal.values()[in.readByte()];
    card.recentResidual = in.readFloat();
    String[] attributes = new String[in.readUnsignedByte()];
    for (int i = 0; i < attributes.length; i++) {
      attributes[i] = in.readUTF();
    }
    card.attributes = List.of(attributes);
    card.recentErrors = in.readFloat();
    card.recentSamples = in.readFloat();
    card.pastResidual = in.readFloat();
    card.standing = Standing.values()[in.readByte()];
    card.rounds = in.readInt();
    card.goodRounds = in.readInt();
    card.badRounds = in.readInt();
    card.flawRounds = in.readInt();
    card.heldRounds = in.readInt();
    card.baseError = in.readFloat();
    card.peakError = in.readFloat();
    card.limitError = in.readFloat();
    card.level = in.readByte();
    card.budget = CardBytes.readRecord(in, BUDGETS);
    card.resetVersion = in.readLong();
    card.reissues = in.readInt();
    card.exposed = in.readBoolean();
    card.usualError = in.readFloat();
    card.restoreVersion = in.readLong();
    card.reverted = in.readBoolean();
    if (in.readBoolean()) {
      card.reserve = new EnergyReserve(in.readDouble(), in.readLong(), in.readInt(), in.readInt());
    }
    card.layers = in.readBoolean() ? LayerLevels.read(in) : null;
    card.alert = CardBytes.readRecord(in, ALERTS);
    CardBytes.readConditions(in, card.conditions);
    card.silentRounds = in.readInt();
    card.recentLost = in.readFloat();
    card.recentReports = in.readFloat();
    return card;
  }
}
