package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.Detector;
import io.fqtfleet.streams.drift.DetectorPlan;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A detector of one device and signal; as bytes until the policy that chose it is at hand. */
final class ChosenDetector {
  /** Tells a changed choice from the one whose state this is. */
  private int plan;

  private byte[] state;
  private Detector detector;
  int alarmRounds;

  ChosenDetector(DetectorPlan plan) {
    this.plan = key(plan);
    this.detector = plan.newDetector();
  }

  private ChosenDetector() {}

  private static int key(DetectorPlan plan) {
    return (plan.kind().label() + plan.settings()).hashCode();
  }

  /** A fresh one if the choice has changed. */
  Detector detector(DetectorPlan wanted) {
    if (plan != key(wanted)) {
      plan = key(wanted);
      state = null;
      alarmRounds = 0;
      detector = wanted.newDetector();
    }
    if (detector == null) {
      detector = wanted.newDetector();
      try {
        detector.read(new DataInputStream(new ByteArrayInputStream(state)));
      } catch (IOException e) {
        throw new UncheckedIOException("state of a " + wanted.kind().label() + " is corrupt", e);
      }
    }
    return detector;
  }

  void restart() {
    alarmRounds = 0;
    if (detector != null) {
      detector.restart();
    } else {
      plan = 0;
    }
  }

  void write(DataOutput out) throws IOException {
    if (detector != null) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      detector.write(new DataOutputStream(bytes));
      state = bytes.toByteArray();
    }
    out.writeInt(plan);
    out.writeByte(alarmRounds);
    out.writeShort(state.length);
    out.write(state);
  }

  static ChosenDetector read(DataInput in) throws IOException {
    ChosenDetector chosen = new ChosenDetector();
    chosen.plan = in.readInt();
    chosen.alarmRounds = in.readByte();
    chosen.state = new byte[in.readUnsignedShort()];
    in.readFully(chosen.state);
    return chosen;
  }
}
