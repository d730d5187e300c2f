package io.fqtfleet.sim.trace;

import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Reports of a real fleet in a file, to be replayed by trace devices: gzip of the four bytes FQR1,
 * then per report its cohort (Java's modified UTF-8), the length of the message and the message.
 */
public final class Recording implements Story {
  private static final int MAGIC = 0x46515231;

  /** Steps of one recorded device. */
  private record Course(long[][] steps, long[] durationsMs) {}

  private final List<Course> courses;
  private final int layers;

  private Recording(List<Course> courses, int layers) {
    this.courses = courses;
    this.layers = layers;
  }

  /** Writes a file. */
  public static final class Writer implements AutoCloseable {
    private final DataOutputStream out;

    public Writer(Path file) throws IOException {
      out =
          new DataOutputStream(
              new BufferedOutputStream(new GZIPOutputStream(Files.newOutputStream(file))));
      out.writeInt(MAGIC);
    }

    /** One report as it came; reports of a device in their order. */
    public void add(String cohort, byte[] report) throws IOException {
      out.writeUTF(cohort);
      out.writeInt(report.length);
      out.write(report);
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  /**
   * What the devices of one cohort did, in the order of their names.
   *
   * @throws IllegalArgumentException if the file is none, or holds nothing of the cohort to replay
   */
  static Recording read(Path file, String cohort) {
    Map<String, List<TrainingReport>> boots = new TreeMap<>();
    WireCodec<TrainingReport> codec = WireCodec.of(TrainingReport.class);
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file))))) {
      if (in.readInt() != MAGIC) {
        throw new IllegalArgumentException(file + " does not begin with FQR1");
      }
      while (true) {
        String of = in.readUTF();
        int length = in.readInt();
        if (length < 0 || length > WireCodec.MESSAGE_BYTES_MAX) {
          throw new IllegalArgumentException(file + " holds a message of " + length + " bytes");
        }
        byte[] message = in.readNBytes(length);
        if (message.length < length) {
          break;
        }
        if (of.equals(cohort)) {
          TrainingReport report = codec.decode(message);
          boots
              .computeIfAbsent(
                  report.getDevice() + "/" + report.getBootNonce(), key -> new ArrayList<>())
              .add(report);
        }
      }
    } catch (EOFException end) {
      // A file has no other end.
    } catch (IOException | WireException e) {
      throw new IllegalArgumentException(
          "recording %s cannot be read (%s); make it with 'fleet sim record'"
              .formatted(file, e.getMessage() == null ? e : e.getMessage()),
          e);
    }
    return of(file, cohort, boots);
  }

  private static Recording of(Path file, String cohort, Map<String, List<TrainingReport>> boots) {
    int layers =
        boots.values().stream()
            .flatMap(List::stream)
            .mapToInt(r -> r.getFirstLayer() + r.getLayers().size())
            .max()
            .orElse(0);
    List<Course> courses = new ArrayList<>();
    for (List<TrainingReport> reports : boots.values()) {
      Course course = course(reports, layers);
      if (course.steps.length > 0) {
        courses.add(course);
      }
    }
    if (courses.isEmpty()) {
      throw new IllegalArgumentException(
          "recording %s holds no device of cohort '%s' with two reports or more"
              .formatted(file, cohort));
    }
    return new Recording(courses, layers);
  }

  private static Course course(List<TrainingReport> reports, int layers) {
    List<TrainingReport> inOrder = new ArrayList<>(reports);
    inOrder.sort(Comparator.comparingLong(TrainingReport::getSequence));
    List<long[]> steps = new ArrayList<>();
    List<Long> durations = new ArrayList<>();
    for (int i = 1; i < inOrder.size(); i++) {
      TrainingReport before = inOrder.get(i - 1);
      TrainingReport now = inOrder.get(i);
      if (now.getSequence() > before.getSequence()) {
        steps.add(CounterRow.difference(CounterRow.of(now, layers), CounterRow.of(before, layers)));
        durations.add(Math.max(1, now.getUptimeMs() - before.getUptimeMs()));
      }
    }
    return new Course(
        steps.toArray(long[][]::new), durations.stream().mapToLong(Long::longValue).toArray());
  }

  /** Devices, each boot counted as one. */
  int devices() {
    return courses.size();
  }

  private Course course(int number) {
    return courses.get(number % courses.size());
  }

  @Override
  public int layers() {
    return layers;
  }

  @Override
  public int situations() {
    return 1;
  }

  /** Everybody begins at the beginning. */
  @Override
  public int firstCursor(int random) {
    return 0;
  }

  @Override
  public int situation(long fleetMs, int number, float[] trained, double chance) {
    return 0;
  }

  @Override
  public long durationMs(int number, int cursor) {
    long[] durations = course(number).durationsMs;
    return durations[cursor % durations.length];
  }

  @Override
  public long[] calm(int situation, int number, double trained, int cursor) {
    long[] step = training(situation, number, trained, cursor);
    return CounterRow.smaller(step, step, 0, 0, layers - 1);
  }

  @Override
  public long[] training(int situation, int number, double trained, int cursor) {
    long[][] steps = course(number).steps;
    return steps[cursor % steps.length];
  }
}
