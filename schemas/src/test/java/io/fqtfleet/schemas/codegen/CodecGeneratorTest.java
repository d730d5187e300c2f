package io.fqtfleet.schemas.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodecGeneratorTest {
  private static final Path COMMITTED = Path.of("../firmware");

  @Test
  void theCommittedCodecIsThatOfTheSchemas() throws IOException {
    Map<String, String> files = CodecGenerator.generate(CodecGenerator.WIRE_RECORDS);
    for (Map.Entry<String, String> file : files.entrySet()) {
      assertEquals(
          file.getValue(),
          Files.readString(COMMITTED.resolve(file.getKey())),
          file.getKey() + " is stale; run: mvn -pl schemas compile exec:java");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"string\" | R.f: the C codec cannot express a STRING without a bound",
        "{\"type\":\"array\",\"items\":\"long\"} | R.f: the C codec cannot express a ARRAY without",
        "{\"type\":\"map\",\"values\":\"long\"} | R.f: the C codec cannot express the type MAP",
        "[\"int\",\"long\"] | R.f: the C codec cannot express the union",
        "[\"null\",\"int\",\"long\"] | R.f: the C codec cannot express the union",
        "{\"type\":\"string\",\"maxLength\":5000} | give it \"maxLength\" between 1 and 4096",
        "[\"null\",\"R\"] | the recursive record R",
      })
  void whatCannotBeExpressedStopsTheGeneratorWithTheFieldsName(String type, String expected) {
    Schema schema =
        new Schema.Parser()
            .parse(
                "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"f\",\"type\":%s}]}"
                    .formatted(type));
    String message =
        assertThrows(IllegalArgumentException.class, () -> CodecGenerator.generate(List.of(schema)))
            .getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void everyExpressibleTypeIsGenerated() {
    Schema schema =
        new Schema.Parser()
            .parse(
                """
                {"type":"record","name":"AllTypes","fields":[
                  {"name":"aFloat","type":"float"},
                  {"name":"aDouble","type":["double","null"]},
                  {"name":"someBytes","type":{"type":"bytes","maxLength":7}},
                  {"name":"aHash","type":{"type":"fixed","name":"Hash","size":4}},
                  {"name":"kinds","type":{"type":"array","maxItems":3,"items":
                    {"type":"record","name":"Kind","fields":[{"name":"on","type":"boolean"}]}}}]}
                """);
    String header = CodecGenerator.generate(List.of(schema)).get("wire/generated/fqt_wire.h");
    for (String line :
        List.of(
            "  float a_float;",
            "  bool has_a_double;\n  double a_double;",
            "  size_t some_bytes_length;\n  uint8_t some_bytes[7];",
            "  uint8_t a_hash[4];",
            "  size_t kinds_count;\n  fqt_kind kinds[3];",
            "#define FQT_ALL_TYPES_BYTES_MAX 48")) {
      assertTrue(header.contains(line), line + "\nis not in\n" + header);
    }
  }
}
