package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AttributeLevel;
import io.fqtfleet.streams.drift.Part;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Devices of a cohort that share an attribute. */
final class AttributeGroup implements Part<AttributeGroup> {
  /** The largest evidence that one device counts with: far above any threshold. */
  private static final double EVIDENCE_MAX = 1e20;

  /** Evidence is summed in these units and in the rest, so that parts add exactly. */
  private static final double LARGE = 1 << 23;

  private static final double SMALL = 1.0 / (1 << 22);

  private int devices;
  private int suspicious;
  private long large;
  private long small;

  /** Of the suspicious ones the earliest; 0 = there are none. */
  private long onsetMs;

  void add(double evidence) {
    double counted = Math.min(EVIDENCE_MAX, evidence);
    double whole = Math.floor(counted / LARGE);
    devices++;
    large += (long) whole;
    small += Math.round((counted - whole * LARGE) / SMALL);
  }

  void addSuspicious(long onset) {
    suspicious++;
    onsetMs = onsetMs == 0 ? onset : Math.min(onsetMs, onset);
  }

  AttributeLevel level(String attribute) {
    return new AttributeLevel(
        attribute, devices, suspicious, large * LARGE + small * SMALL, onsetMs);
  }

  @Override
  public AttributeGroup merge(AttributeGroup other) {
    devices += other.devices;
    suspicious += other.suspicious;
    large += other.large;
    small += other.small;
    if (other.onsetMs != 0) {
      onsetMs = onsetMs == 0 ? other.onsetMs : Math.min(onsetMs, other.onsetMs);
    }
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(devices);
    out.writeInt(suspicious);
    out.writeLong(large);
    out.writeLong(small);
    out.writeLong(onsetMs);
  }

  static AttributeGroup read(DataInput in) throws IOException {
    AttributeGroup group = new AttributeGroup();
    group.devices = in.readInt();
    group.suspicious = in.readInt();
    group.large = in.readLong();
    group.small = in.readLong();
    group.onsetMs = in.readLong();
    return group;
  }
}
