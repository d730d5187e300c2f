package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Sums over some reports of n values each; 28 bytes stored. */
final class Moments {
  static final int BYTES = 28;

  /** Sum of the values. */
  double sum;

  /** Number of values. */
  double count;

  int reports;

  /** Sum over the reports of (their sum)² / n. */
  double squares;

  void add(double s, double n) {
    sum += s;
    count += n;
    reports++;
    squares += s * s / n;
  }

  void add(Moments other) {
    sum += other.sum;
    count += other.count;
    reports += other.reports;
    squares += other.squares;
  }

  void clear() {
    sum = 0;
    count = 0;
    reports = 0;
    squares = 0;
  }

  /** Moves the other's content here; the other is empty then. */
  void takeFrom(Moments other) {
    clear();
    add(other);
    other.clear();
  }

  double mean() {
    return count == 0 ? Double.NaN : sum / count;
  }

  /** Σ n·(report's mean - mean)². */
  double squaresAroundMean() {
    return count == 0 ? 0 : Math.max(0, squares - sum * sum / count);
  }

  void write(DataOutput out) throws IOException {
    out.writeDouble(sum);
    out.writeDouble(count);
    out.writeInt(reports);
    out.writeDouble(squares);
  }

  void read(DataInput in) throws IOException {
    sum = in.readDouble();
    count = in.readDouble();
    reports = in.readInt();
    squares = in.readDouble();
  }
}
