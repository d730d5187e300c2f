package io.fqtfleet.programs.sim;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * What a run showed, as its JSON file holds it. Times are milliseconds.
 *
 * @param slice which part of the scenario's trace devices ran, such as 2/4; 1/1 = all
 * @param partial why the run ended early; empty = it did not
 * @param histograms all times of {@code publishToAck} and {@code reportToKafka} (absent if Kafka
 *     was not read) in microseconds, as HdrHistogram compresses them, in base 64
 * @param seconds one sample per second
 */
public record SimResult(
    String scenario,
    String slice,
    long seed,
    String started,
    double durationS,
    String partial,
    Devices devices,
    Reports reports,
    Times publishToAck,
    Times reportToKafka,
    List<DriftSeen> drifts,
    List<KafkaWatch.Raised> alerts,
    Budgets budgets,
    Map<String, Double> accuracy,
    Machine machine,
    Map<String, String> histograms,
    List<Expected> expected,
    List<Sample> seconds) {
  static final String ACK = "publishToAck";
  static final String KAFKA = "reportToKafka";
  static final int SUSTAINED_S = 5;
  static final int SUSTAINED_MS = 1_000;

  /** Messages that streams may be behind at rest, beside two seconds of reports. */
  private static final long LAG_MAX = 500;

  /**
   * @param connectPerSecond devices that came online in the busiest second
   */
  record Devices(long exact, long trace, long connected, long connectPerSecond, long reconnects) {}

  /**
   * Made = withheld + acknowledged + inFlight; lost = acknowledged and not in Kafka.
   *
   * @param perSecond acknowledged, over the whole run
   */
  record Reports(
      long made,
      long withheld,
      long acknowledged,
      long inFlight,
      long inKafka,
      long lost,
      long duplicated,
      long outOfOrder,
      long missed,
      long deadLetters,
      double perSecond,
      Map<String, Long> firstLost) {}

  /** Percentiles; count 0 = nothing was measured. */
  record Times(long count, double p50, double p90, double p99, double p999, double max) {
    static Times of(Histogram micros) {
      return new Times(
          micros.getTotalCount(),
          ms(micros.getValueAtPercentile(50)),
          ms(micros.getValueAtPercentile(90)),
          ms(micros.getValueAtPercentile(99)),
          ms(micros.getValueAtPercentile(99.9)),
          ms(micros.getMaxValue()));
    }

    private static double ms(long micros) {
      return micros / 1000.0;
    }
  }

  /**
   * A drift of the scenario.
   *
   * @param alertMs from the drift to the cohort's first alert; -1 = none came
   * @param appliedMs from the drift until 95 % of the devices with a drift budget have applied it;
   *     -1 = they have not
   * @param budgeted devices that were sent a drift budget
   */
  record DriftSeen(
      String cohort, String to, double atS, long alertMs, long appliedMs, long budgeted) {}

  record Budgets(long sent, long refused, long devices, long devicesBehind) {}

  /**
   * @param cpu seconds of CPU by component, as far as this process and its children go
   * @param behindMs by which the generator itself ran late at its worst; large = it was the limit
   */
  record Machine(
      int processors, Map<String, Double> cpu, Map<String, Long> memoryMb, long behindMs) {}

  /** One expectation of the scenario. */
  record Expected(String what, String limit, String found, boolean met) {}

  /**
   * One second.
   *
   * @param streamsBehind messages that streams has not processed; -1 = unknown
   * @param cores that each process used, as far as this machine's are known
   */
  record Sample(
      double s,
      long connected,
      long sent,
      long acknowledged,
      long inKafka,
      double ackP50,
      double ackP99,
      double kafkaP50,
      double kafkaP99,
      long budgets,
      long streamsBehind,
      Map<String, Double> accuracy,
      Map<String, Double> cores) {}

  static String encoded(Histogram histogram) {
    ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
    int bytes = histogram.encodeIntoCompressedByteBuffer(buffer);
    return Base64.getEncoder().encodeToString(Arrays.copyOf(buffer.array(), bytes));
  }

  /** One of {@link #histograms}; empty if it is not there. */
  Histogram histogram(String name) {
    String text = histograms == null ? null : histograms.get(name);
    try {
      return text == null
          ? new Histogram(3)
          : Histogram.decodeFromCompressedByteBuffer(
              ByteBuffer.wrap(Base64.getDecoder().decode(text)), 0);
    } catch (DataFormatException | RuntimeException e) {
      throw new IllegalArgumentException("histogram " + name + " cannot be read", e);
    }
  }

  /** The same, judged. */
  SimResult with(List<Expected> verdicts) {
    return new SimResult(
        scenario,
        slice,
        seed,
        started,
        durationS,
        partial,
        devices,
        reports,
        publishToAck,
        reportToKafka,
        drifts,
        alerts,
        budgets,
        accuracy,
        machine,
        histograms,
        verdicts,
        seconds);
  }

  /**
   * The highest rate of arrivals in Kafka that was kept up, with short latency and with streams
   * (where it is seen) no further behind than that; 0 = none was.
   */
  double sustained() {
    double best = 0;
    int good = 0;
    for (int i = 1; i < seconds.size(); i++) {
      Sample now = seconds.get(i);
      long rate = now.inKafka() - seconds.get(i - 1).inKafka();
      boolean inTime = now.kafkaP99() <= SUSTAINED_MS && now.streamsBehind() <= LAG_MAX + 2 * rate;
      good = now.inKafka() > 0 && inTime ? good + 1 : 0;
      if (good >= SUSTAINED_S) {
        Sample then = seconds.get(i - SUSTAINED_S);
        best = Math.max(best, (now.inKafka() - then.inKafka()) / (now.s() - then.s()));
      }
    }
    return best;
  }

  boolean isPartial() {
    return !partial.isEmpty();
  }

  /** Whole, and all expectations met. */
  public boolean ok() {
    return !isPartial() && expected.stream().allMatch(Expected::met);
  }

  public void writeJson(Path file) throws IOException {
    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), this);
  }

  /**
   * Reads what {@link #writeJson} wrote.
   *
   * @throws IllegalArgumentException if the file is not of a run
   */
  public static SimResult read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          file + " is not there; a run writes it with 'sim run SCENARIO --json " + file + "'");
    }
    try {
      SimResult result =
          new ObjectMapper()
              .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
              .readValue(file.toFile(), SimResult.class);
      if (result.scenario == null || result.publishToAck == null || result.reports == null) {
        throw new IllegalArgumentException(
            file + " holds no result of 'sim run ... --json'; give two of its files");
      }
      return result;
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "%s is no result of 'sim run ... --json': %s".formatted(file, e.getMessage()), e);
    }
  }
}
