package io.fqtfleet.schemas.codegen;

import org.apache.avro.Schema;

/**
 * {@code fqt_wire_text.c}: prints a record as {@code path=value} lines, for the golden tests only;
 * Java prints the same text by walking the record.
 */
final class TextWriter {
  private final CTypes types;
  private final StringBuilder out = new StringBuilder();

  TextWriter(CTypes types) {
    this.types = types;
  }

  static String header(CTypes types) {
    StringBuilder header = new StringBuilder(HeaderWriter.NOTICE);
    header.append("#ifndef FQT_WIRE_TEXT_H\n#define FQT_WIRE_TEXT_H\n\n#include <stdio.h>\n\n");
    header.append("#include \"wire/generated/fqt_wire.h\"\n\n");
    header.append("/* Print one line path=value per leaf; for tests on a host. */\n");
    for (Schema root : types.roots) {
      header.append("void %1$s_print(FILE *out, const %1$s *value);\n".formatted(name(root)));
    }
    return header.append("\n#endif\n").toString();
  }

  private static String name(Schema schema) {
    return CTypes.name(schema);
  }

  String text() {
    out.append(HeaderWriter.NOTICE);
    out.append("#include \"fqt_wire_text.h\"\n\n#include <inttypes.h>\n");
    for (Schema schema : types.enums) {
      out.append("\nstatic const char *const %s_names[] = {\n".formatted(name(schema)));
      schema.getEnumSymbols().forEach(s -> out.append("    \"" + s + "\",\n"));
      out.append("};\n");
    }
    for (Schema record : types.records) {
      out.append(
          "\nstatic void print_%s(FILE *out, const char *at, const %s *v) {\n"
              .formatted(CTypes.snake(record.getName()), name(record)));
      record.getFields().forEach(f -> print("  ", f.name(), CTypes.snake(f.name()), f.schema()));
      out.append("}\n");
    }
    for (Schema root : types.roots) {
      out.append(
          "\nvoid %1$s_print(FILE *out, const %1$s *value) {\n  print_%2$s(out, \"\", value);\n}\n"
              .formatted(name(root), CTypes.snake(root.getName())));
    }
    return out.toString();
  }

  private void print(String indent, String avroName, String cName, Schema schema) {
    String value = "v->" + cName;
    switch (schema.getType()) {
      case INT -> leaf(indent, avroName, "%\" PRId32 \"", value);
      case LONG -> leaf(indent, avroName, "%\" PRId64 \"", value);
      case BOOLEAN -> leaf(indent, avroName, "%s", value + " ? \"true\" : \"false\"");
      case FLOAT, DOUBLE -> leaf(indent, avroName, "%a", "(double)" + value);
      case STRING -> leaf(indent, avroName, "%s", value);
      case ENUM -> leaf(indent, avroName, "%s", name(schema) + "_names[" + value + "]");
      case BYTES -> hex(indent, avroName, value, value + "_length");
      case FIXED -> hex(indent, avroName, value, "sizeof " + value);
      case RECORD -> nested(indent, "\"%s" + avroName + ".\", at", schema, "&" + value);
      case UNION -> {
        line(indent, "if (v->has_%s) {", cName);
        print(indent + "  ", avroName, cName, CTypes.optional(avroName, schema));
        line(indent, "} else {");
        leaf(indent + "  ", avroName, "%s", "\"null\"");
        line(indent, "}");
      }
      case ARRAY -> {
        Schema items = schema.getElementType();
        line(indent, "for (size_t i = 0; i < %s_count; i++) {", value);
        if (items.getType() != Schema.Type.RECORD) {
          throw new IllegalArgumentException("field " + avroName + ": only arrays of records");
        }
        nested(indent + "  ", "\"%s" + avroName + "[%zu].\", at, i", items, "&" + value + "[i]");
        line(indent, "}");
      }
      default -> throw new IllegalStateException("refused before: " + schema);
    }
  }

  private void leaf(String indent, String avroName, String conversion, String value) {
    line(
        indent,
        "%s",
        "fprintf(out, \"%s" + avroName + "=" + conversion + "\\n\", at, " + value + ");");
  }

  private void hex(String indent, String avroName, String value, String length) {
    line(indent, "%s", "fprintf(out, \"%s" + avroName + "=\", at);");
    line(indent, "for (size_t i = 0; i < %s; i++) {", length);
    line(indent, "%s", "  fprintf(out, \"%02x\", " + value + "[i]);");
    line(indent, "}");
    line(indent, "%s", "fprintf(out, \"\\n\");");
  }

  private void nested(String indent, String path, Schema record, String value) {
    line(indent, "{");
    line(indent, "  char inner[160];");
    line(indent, "%s", "  (void)snprintf(inner, sizeof inner, " + path + ");");
    line(indent, "  print_%s(out, inner, %s);", CTypes.snake(record.getName()), value);
    line(indent, "}");
  }

  private void line(String indent, String format, Object... arguments) {
    out.append(indent).append(format.formatted(arguments)).append('\n');
  }
}
