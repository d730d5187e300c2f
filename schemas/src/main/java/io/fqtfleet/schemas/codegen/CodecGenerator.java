package io.fqtfleet.schemas.codegen;

import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;

/**
 * Writes the firmware's codec. Run by {@code mvn -pl schemas compile exec:java}; a test holds the
 * committed files against the schemas.
 */
public final class CodecGenerator {
  /** The records that cross the wire between a device and the gateway. */
  public static final List<Schema> WIRE_RECORDS =
      List.of(
          TrainingReport.getClassSchema(),
          DeviceStatus.getClassSchema(),
          BudgetAck.getClassSchema(),
          UpdateBudget.getClassSchema());

  private CodecGenerator() {}

  /** Writes the files below the firmware folder that is the only argument. */
  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      throw new IllegalArgumentException("usage: CodecGenerator <firmware folder>");
    }
    Path folder = Path.of(args[0]);
    for (Map.Entry<String, String> file : generate(WIRE_RECORDS).entrySet()) {
      Path path = folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
  }

  /**
   * Path below the firmware folder to content.
   *
   * @throws IllegalArgumentException naming the field that cannot be expressed
   */
  public static Map<String, String> generate(List<Schema> roots) {
    CTypes types = CTypes.of(roots);
    Map<String, String> files = new LinkedHashMap<>();
    files.put("wire/generated/fqt_wire.h", new HeaderWriter(types).text());
    files.put("wire/generated/fqt_wire.c", new SourceWriter(types).text());
    files.put("test/unit/fqt_wire_text.h", TextWriter.header(types));
    files.put("test/unit/fqt_wire_text.c", new TextWriter(types).text());
    return files;
  }
}
