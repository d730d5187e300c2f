package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.WireCodec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** A rule that a device or a cohort broke, counted in rounds, and the alert that it led to. */
final class Condition {
  private static final WireCodec<Alert> ALERTS = WireCodec.of(Alert.class);

  /** Rounds in a row in which the rule was broken, or was not. */
  int bad;

  int good;

  /** When the first of them began. */
  long sinceMs;

  /** Open, or null. */
  Alert alert;

  void see(boolean broken, long startMs) {
    if (broken) {
      sinceMs = bad == 0 && alert == null ? startMs : sinceMs;
      bad++;
      good = 0;
    } else {
      good++;
      bad = 0;
    }
  }

  /** Nothing is to be remembered. */
  boolean idle() {
    return bad == 0 && alert == null;
  }

  void write(DataOutput out) throws IOException {
    out.writeInt(bad);
    out.writeInt(good);
    out.writeLong(sinceMs);
    CardBytes.writeRecord(out, ALERTS, alert);
  }

  static Condition read(DataInput in) throws IOException {
    Condition condition = new Condition();
    condition.bad = in.readInt();
    condition.good = in.readInt();
    condition.sinceMs = in.readLong();
    condition.alert = CardBytes.readRecord(in, ALERTS);
    return condition;
  }
}
