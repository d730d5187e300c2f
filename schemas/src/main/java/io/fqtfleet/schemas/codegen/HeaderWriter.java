package io.fqtfleet.schemas.codegen;

import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/** {@code fqt_wire.h}: enums, structs, limits and prototypes. */
final class HeaderWriter {
  static final String NOTICE =
      "/* Generated from schemas/src/main/avro by io.fqtfleet.schemas.codegen.CodecGenerator.\n"
          + " * Change the schema, then run: mvn -pl schemas compile exec:java */\n";
  private static final int HEADER_BYTES = 10;
  private static final int LINE = 98;

  private final CTypes types;
  private final StringBuilder out = new StringBuilder();

  HeaderWriter(CTypes types) {
    this.types = types;
  }

  String text() {
    out.append(NOTICE);
    out.append("#ifndef FQT_WIRE_H\n#define FQT_WIRE_H\n\n");
    out.append("#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n");
    out.append("#include \"../fqt_avro.h\"\n");
    types.enums.forEach(this::enumeration);
    types.records.forEach(this::struct);
    types.roots.forEach(this::root);
    out.append("\n#endif\n");
    return out.toString();
  }

  private void enumeration(Schema schema) {
    out.append("\ntypedef enum {\n");
    List<String> symbols = schema.getEnumSymbols();
    for (int i = 0; i < symbols.size(); i++) {
      out.append("  %s = %d,\n".formatted(CTypes.symbol(schema, symbols.get(i)), i));
    }
    out.append("} %s;\n".formatted(CTypes.name(schema)));
    out.append("#define %s_COUNT %d\n".formatted(CTypes.macro(schema), symbols.size()));
  }

  private void struct(Schema schema) {
    out.append('\n');
    comment("", schema.getDoc());
    out.append("typedef struct {\n");
    for (Schema.Field field : schema.getFields()) {
      comment("  ", field.doc());
      declare(CTypes.snake(field.name()), field.schema());
    }
    out.append("} %s;\n".formatted(CTypes.name(schema)));
  }

  private void declare(String name, Schema schema) {
    switch (schema.getType()) {
      case STRING -> line("char %s[%d + 1];", name, CTypes.bound(name, schema, CTypes.MAX_LENGTH));
      case BYTES -> {
        line("size_t %s_length;", name);
        line("uint8_t %s[%d];", name, CTypes.bound(name, schema, CTypes.MAX_LENGTH));
      }
      case FIXED -> line("uint8_t %s[%d];", name, schema.getFixedSize());
      case ARRAY -> {
        line("size_t %s_count;", name);
        line(
            "%s %s[%d];",
            CTypes.cType(schema.getElementType()),
            name,
            CTypes.bound(name, schema, CTypes.MAX_ITEMS));
      }
      case UNION -> {
        line("bool has_%s;", name);
        declare(name, CTypes.optional(name, schema));
      }
      default -> line("%s %s;", CTypes.cType(schema), name);
    }
  }

  private void line(String format, Object... arguments) {
    out.append("  ").append(format.formatted(arguments)).append('\n');
  }

  private void root(Schema schema) {
    String name = CTypes.name(schema);
    String macro = CTypes.macro(schema);
    long fingerprint = SchemaNormalization.parsingFingerprint64(schema);
    out.append("\n/* CRC-64-AVRO fingerprint of %s. */\n".formatted(schema.getName()));
    out.append("#define %s_FINGERPRINT UINT64_C(0x%016x)\n".formatted(macro, fingerprint));
    out.append("/* Bytes of the longest message, with its header. */\n");
    out.append(
        "#define %s_BYTES_MAX %d\n".formatted(macro, HEADER_BYTES + CTypes.bytesMax(schema)));
    out.append(
        """
        /* Writes the single-object encoding. On failure *length is untouched.
         * FQT_WIRE_OVERFLOW: capacity is too small. FQT_WIRE_BAD_VALUE: a count, length or enum
         * is out of range. */
        fqt_wire_status %1$s_encode(const %1$s *value, uint8_t *out, size_t capacity,
                                    size_t *length);
        /* Reads one message of exactly this schema; every byte must belong to it. On failure *value
         * is untouched. */
        fqt_wire_status %1$s_decode(const uint8_t *bytes, size_t length, %1$s *value);
        """
            .formatted(name));
  }

  private void comment(String indent, String doc) {
    if (doc == null || doc.isBlank()) {
      return;
    }
    StringBuilder line = new StringBuilder(indent).append("/*");
    for (String word : doc.replace("*/", "* /").split("\\s+")) {
      if (line.length() + 1 + word.length() > LINE - 3) {
        out.append(line).append('\n');
        line = new StringBuilder(indent).append(" *");
      }
      line.append(' ').append(word);
    }
    out.append(line).append(" */\n");
  }
}
