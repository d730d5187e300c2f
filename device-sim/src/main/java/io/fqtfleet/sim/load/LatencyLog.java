package io.fqtfleet.sim.load;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * Times from the intended moment of something, in microseconds, whole and by intervals. Any thread
 * may record; one thread takes intervals.
 */
public final class LatencyLog {
  private static final int DIGITS = 3;

  /** Intervals that are kept for a log file: a day of one per second. */
  private static final int INTERVALS_MAX = 86_400;

  private final Recorder recorder = new Recorder(DIGITS);
  private final Histogram total = new Histogram(DIGITS);
  private final List<Histogram> intervals = new ArrayList<>();

  public void record(long micros) {
    recorder.recordValue(Math.max(0, micros));
  }

  /** Takes an interval that was recorded elsewhere. */
  public synchronized void add(Histogram interval) {
    total.add(interval);
    if (interval.getTotalCount() > 0 && intervals.size() < INTERVALS_MAX) {
      intervals.add(interval);
    }
  }

  /** What was recorded since the last call; kept. */
  public synchronized Histogram interval(long startMs, long endMs) {
    Histogram interval = recorder.getIntervalHistogram();
    interval.setStartTimeStamp(startMs);
    interval.setEndTimeStamp(endMs);
    add(interval);
    return interval;
  }

  /** All intervals taken so far, together. */
  public synchronized Histogram total() {
    return total.copy();
  }

  public synchronized List<Histogram> intervals() {
    return List.copyOf(intervals);
  }
}
