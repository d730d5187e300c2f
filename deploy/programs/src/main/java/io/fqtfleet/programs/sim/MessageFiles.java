package io.fqtfleet.programs.sim;

import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Files with the messages of the topics of status and reports, in any order, each behind its length
 * (4 bytes, the highest first), as {@code kcat -f '%R%s'} writes them.
 */
public final class MessageFiles implements FleetRecorder.Source {
  private final List<Path> files;
  private final WireCodec<DeviceStatus> statuses = WireCodec.of(DeviceStatus.class);
  private final WireCodec<TrainingReport> reports = WireCodec.of(TrainingReport.class);

  /**
   * @throws IllegalArgumentException if one is not there
   */
  public MessageFiles(List<Path> files) {
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new IllegalArgumentException("--from " + file + " is not there");
      }
    }
    this.files = List.copyOf(files);
  }

  @Override
  public void statuses(Consumer<byte[]> visitor) throws IOException {
    read(statuses, visitor);
  }

  @Override
  public void reports(Consumer<byte[]> visitor) throws IOException {
    read(reports, visitor);
  }

  private void read(WireCodec<?> wanted, Consumer<byte[]> visitor) throws IOException {
    WireCodec<?> other = wanted == statuses ? reports : statuses;
    for (Path file : files) {
      long at = 0;
      try (DataInputStream in =
          new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
        for (long end = Files.size(file); at < end; ) {
          int length = in.readInt();
          if (length < 1 || length > WireCodec.MESSAGE_BYTES_MAX) {
            throw notMessages(file, at, length + " bytes are no message's length", null);
          }
          byte[] message = new byte[length];
          in.readFully(message);
          if (holds(wanted, message)) {
            visitor.accept(message);
          } else if (!holds(other, message)) {
            throw notMessages(file, at, "this is neither a status nor a report", null);
          }
          at += Integer.BYTES + length;
        }
      } catch (EOFException e) {
        throw notMessages(file, at, "the file ends within this message", e);
      }
    }
  }

  private static boolean holds(WireCodec<?> codec, byte[] message) {
    try {
      codec.decode(message);
      return true;
    } catch (WireException e) {
      return false;
    }
  }

  private static IllegalArgumentException notMessages(
      Path file, long at, String what, Exception cause) {
    return new IllegalArgumentException(
        "%s at byte %d: %s; write it with kcat -C -e -f '%%R%%s' of %s and %s"
            .formatted(file, at, what, Topics.STATUS, Topics.REPORTS),
        cause);
  }
}
