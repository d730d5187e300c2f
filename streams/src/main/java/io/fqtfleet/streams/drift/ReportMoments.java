package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Count, mean and sum of squared deviations of reports (Welford 1962; merging: Chan 1983). */
final class ReportMoments {
  int count;
  double mean;
  double squares;

  void add(double y) {
    count++;
    double off = y - mean;
    mean += off / count;
    squares += off * (y - mean);
  }

  void add(ReportMoments other) {
    if (other.count == 0) {
      return;
    }
    double off = other.mean - mean;
    int all = count + other.count;
    squares += other.squares + off * off * count / all * other.count;
    mean += off * other.count / all;
    count = all;
  }

  void clear() {
    count = 0;
    mean = 0;
    squares = 0;
  }

  void takeFrom(ReportMoments other) {
    count = other.count;
    mean = other.mean;
    squares = other.squares;
    other.clear();
  }

  void write(DataOutput out) throws IOException {
    out.writeInt(count);
    out.writeDouble(mean);
    out.writeDouble(squares);
  }

  static ReportMoments read(DataInput in) throws IOException {
    ReportMoments moments = new ReportMoments();
    moments.count = in.readInt();
    moments.mean = in.readDouble();
    moments.squares = in.readDouble();
    return moments;
  }
}
