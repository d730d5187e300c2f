package io.fqtfleet.programs;

import io.fqtfleet.schemas.TrainingReport;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;

/**
 * What Kafka holds of one device's reports: which sequence numbers of which boot, and the counters
 * of the latest. Not safe for use by many threads.
 */
final class DeviceLedger {
  /** What the device counted between two of its reports. */
  record Delta(long labelled, long correct, long trained, long macsBackward) {}

  private static final class Boot {
    final BitSet sequences = new BitSet();
    TrainingReport latest;
  }

  private final Map<Long, Boot> boots = new TreeMap<>();
  private long duplicates;

  /** Adds a report; null if it brings nothing new (a duplicate, or one that came late). */
  Delta add(TrainingReport report) {
    long id = (long) report.getBootCounter() << 32 | (report.getBootNonce() & 0xFFFF_FFFFL);
    Boot boot = boots.computeIfAbsent(id, unused -> new Boot());
    int sequence = Math.toIntExact(report.getSequence());
    if (boot.sequences.get(sequence)) {
      duplicates++;
      return null;
    }
    boot.sequences.set(sequence);
    TrainingReport before = boot.latest;
    if (before != null && before.getSequence() > report.getSequence()) {
      return null;
    }
    boot.latest = report;
    return new Delta(
        report.getSamplesLabelled() - (before == null ? 0 : before.getSamplesLabelled()),
        report.getSamplesCorrect() - (before == null ? 0 : before.getSamplesCorrect()),
        report.getSamplesTrained() - (before == null ? 0 : before.getSamplesTrained()),
        report.getMacsBackward() - (before == null ? 0 : before.getMacsBackward()));
  }

  /** Distinct reports. */
  long received() {
    return boots.values().stream().mapToLong(b -> b.sequences.cardinality()).sum();
  }

  long duplicates() {
    return duplicates;
  }

  /** Reports below the highest sequence number of their boot that are not there. */
  long gaps() {
    return boots.values().stream()
        .mapToLong(b -> b.sequences.length() - 1 - b.sequences.cardinality())
        .sum();
  }

  long macsBackward() {
    return boots.values().stream().mapToLong(b -> b.latest.getMacsBackward()).sum();
  }

  long samplesLabelled() {
    return boots.values().stream().mapToLong(b -> b.latest.getSamplesLabelled()).sum();
  }

  long samplesSeen() {
    return boots.values().stream().mapToLong(b -> b.latest.getSamplesSeen()).sum();
  }
}
