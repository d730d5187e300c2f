package io.fqtfleet.programs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.io.PrintWriter;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Option;

/**
 * How a command shows what it found: for people as a table or sentences, for programs as whole
 * objects.
 */
public final class Listing {
  /** What an operator may ask for. */
  public enum Form {
    TABLE,
    JSON,
    YAML
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper YAML =
      new ObjectMapper(new YAMLFactory().enable(YAMLGenerator.Feature.MINIMIZE_QUOTES));

  @Option(
      names = "--output",
      paramLabel = "table|json|yaml",
      description = "table (for people), json (one object per line), yaml (one document each)")
  private Form form;

  /**
   * @param fallback what holds where the operator asked for nothing
   */
  public Form form(Form fallback) {
    return form == null ? fallback : form;
  }

  /** True if people read it: the command prints it in its own words. */
  public boolean isTable() {
    return form(Form.TABLE) == Form.TABLE;
  }

  /** Prints one object, as a line of JSON or a YAML document; not for tables. */
  public void print(PrintWriter out, JsonNode object) {
    try {
      if (form == Form.YAML) {
        out.print(YAML.writeValueAsString(object));
      } else {
        out.println(JSON.writeValueAsString(object));
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values can always be written", e);
    }
    out.flush();
  }

  /** The same with a whole record. */
  public void print(PrintWriter out, SpecificRecord record) {
    print(out, json(record));
  }

  /** A record with all its fields, by their names in the schema. */
  public static JsonNode json(SpecificRecord record) {
    try {
      return JSON.readTree(record.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Avro writes a record as JSON", e);
    }
  }
}
