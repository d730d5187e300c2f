package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.streams.drift.CohortLane;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** What is remembered of a cohort between rounds. Used by one thread. */
public final class CohortCard {
  private static final int VERSION = 4;
  private static final WireCodec<Alert> ALERTS = WireCodec.of(Alert.class);
  private static final WireCodec<Policy> POLICIES = WireCodec.of(Policy.class);
  private static final WireCodec<Rollout> ROLLOUTS = WireCodec.of(Rollout.class);

  /** End of the last closed round, event time; 0 = none yet. */
  long closedUntilMs;

  CohortLane lane = new CohortLane();

  /** Of the devices' mean residuals of the other signals. */
  final EnumMap<Signal, SignalLane> signals = new EnumMap<>(Signal.class);

  /** Mean residuals, smoothed over rounds: what the fleet's medians are taken of. */
  final EnumMap<Signal, Double> levels = new EnumMap<>(Signal.class);

  /** What the open incident is measured by. */
  Signal lead = Signal.ERROR;

  /** The open incident, or null. */
  Alert alert;

  /** Rules that much of the cohort breaks. */
  final EnumMap<AlertKind, Condition> conditions = new EnumMap<>(AlertKind.class);

  /** Of attributes whose devices are in trouble in several cohorts; this one speaks for all. */
  final TreeMap<String, Condition> shared = new TreeMap<>();

  /** Rounds that an alarm waits to see whether other cohorts have the same. */
  int heldRounds;

  /** The typical device moved, not just some. */
  boolean dense;

  /** The incident is about those that stand out, and measured by them alone. */
  boolean sparse;

  /** What the alert rests on, and late reports since. */
  double raisedErrors;

  double raisedSamples;

  /** Of the incident: error rate before and its upper bound, at worst, and lowest since. */
  double baseError = Double.NaN;

  double baseUpper = Double.NaN;
  double peakError = Double.NaN;
  double bestError = Double.NaN;
  int quietRounds;
  int roundsSinceBest;
  int affected;

  /** Discounted sums over the devices that count. */
  double recentErrors;

  double recentSamples;

  /** Whose terms hold outside of a rollout; null = none yet. */
  Policy lastGood;

  /** What the last rollout brings or brought, and where it stands; null = there was none. */
  Policy candidate;

  Rollout rollout;
  long reportsLost;
  long reportsDropped;

  /** How many of their reports its devices usually lose. */
  UsualLoss usualLoss = new UsualLoss();

  public long closedUntilMs() {
    return closedUntilMs;
  }

  /** Error rate of the latest rounds, NaN without samples. */
  double recentError() {
    return recentSamples == 0 ? Double.NaN : recentErrors / recentSamples;
  }

  public byte[] toBytes() {
    return CardBytes.write(VERSION, this::write);
  }

  public static CohortCard of(byte[] bytes) {
    return CardBytes.read("cohort card", VERSION, bytes, CohortCard::read);
  }

  private void write(DataOutput out) throws IOException {
    out.writeLong(closedUntilMs);
    lane.write(out);
    CardBytes.writeLanes(out, signals);
    out.writeByte(levels.size());
    for (Map.Entry<Signal, Double> level : levels.entrySet()) {
      out.writeByte(level.getKey().ordinal());
      out.writeDouble(level.getValue());
    }
    out.writeByte(lead.ordinal());
    CardBytes.writeRecord(out, ALERTS, alert);
    CardBytes.writeConditions(out, conditions);
    out.writeByte(shared.size());
    for (Map.Entry<String, Condition> entry : shared.entrySet()) {
      out.writeUTF(entry.getKey());
      entry.getValue().write(out);
    }
    out.writeByte(heldRounds);
    out.writeBoolean(dense);
    out.writeBoolean(sparse);
    out.writeDouble(raisedErrors);
    out.writeDouble(raisedSamples);
    out.writeDouble(baseError);
    out.writeDouble(baseUpper);
    out.writeDouble(peakError);
    out.writeDouble(bestError);
    out.writeInt(quietRounds);
    out.writeInt(roundsSinceBest);
    out.writeInt(affected);
    out.writeDouble(recentErrors);
    out.writeDouble(recentSamples);
    CardBytes.writeRecord(out, POLICIES, lastGood);
    CardBytes.writeRecord(out, POLICIES, candidate);
    CardBytes.writeRecord(out, ROLLOUTS, rollout);
    out.writeLong(reportsLost);
    out.writeLong(reportsDropped);
    usualLoss.write(out);
  }

  private static CohortCard read(DataInput in) throws IOException {
    CohortCard card = new CohortCard();
    card.closedUntilMs = in.readLong();
    card.lane = CohortLane.read(in);
    CardBytes.readLanes(in, SignalLane.Noise.GAUSSIAN, card.signals);
    for (int i = in.readByte(); i > 0; i--) {
      card.levels.put(Signal.values()[in.readByte()], in.readDouble());
    }
    card.lead = Signal.values()[in.readByte()];
    card.alert = CardBytes.readRecord(in, ALERTS);
    CardBytes.readConditions(in, card.conditions);
    for (int i = in.readByte(); i > 0; i--) {
      card.shared.put(in.readUTF(), Condition.read(in));
    }
    card.heldRounds = in.readByte();
    card.dense = in.readBoolean();
    card.sparse = in.readBoolean();
    card.raisedErrors = in.readDouble();
    card.raisedSamples = in.readDouble();
    card.baseError = in.readDouble();
    card.baseUpper = in.readDouble();
    card.peakError = in.readDouble();
    card.bestError = in.readDouble();
    card.quietRounds = in.readInt();
    card.roundsSinceBest = in.readInt();
    card.affected = in.readInt();
    card.recentErrors = in.readDouble();
    card.recentSamples = in.readDouble();
    card.lastGood = CardBytes.readRecord(in, POLICIES);
    card.candidate = CardBytes.readRecord(in, POLICIES);
    card.rollout = CardBytes.readRecord(in, ROLLOUTS);
    card.reportsLost = in.readLong();
    card.reportsDropped = in.readLong();
    card.usualLoss = UsualLoss.read(in);
    return card;
  }
}
