package io.fqtfleet.schemas.codegen;

import org.apache.avro.Schema;

/** {@code fqt_wire.c}: one writer and one reader per record, over the primitives of fqt_avro.h. */
final class SourceWriter {
  private final CTypes types;
  private final StringBuilder out = new StringBuilder();

  SourceWriter(CTypes types) {
    this.types = types;
  }

  String text() {
    out.append(HeaderWriter.NOTICE);
    out.append("#include \"fqt_wire.h\"\n");
    types.records.forEach(this::writer);
    types.records.forEach(this::reader);
    types.roots.forEach(this::root);
    return out.toString();
  }

  private void writer(Schema record) {
    out.append(
        "\nstatic void write_%s(fqt_avro_writer *w, const %s *v) {\n"
            .formatted(CTypes.snake(record.getName()), CTypes.name(record)));
    for (Schema.Field field : record.getFields()) {
      write("  ", "v->", CTypes.snake(field.name()), field.schema());
    }
    out.append("}\n");
  }

  private void write(String indent, String owner, String name, Schema schema) {
    String value = owner + name;
    switch (schema.getType()) {
      case INT, LONG -> line(indent, "fqt_avro_write_long(w, %s);", value);
      case BOOLEAN -> line(indent, "fqt_avro_write_boolean(w, %s);", value);
      case FLOAT -> line(indent, "fqt_avro_write_float(w, %s);", value);
      case DOUBLE -> line(indent, "fqt_avro_write_double(w, %s);", value);
      case ENUM ->
          line(indent, "fqt_avro_write_enum(w, (int)%s, %s_COUNT);", value, CTypes.macro(schema));
      case STRING -> line(indent, "fqt_avro_write_string(w, %s, sizeof %s);", value, value);
      case BYTES ->
          line(indent, "fqt_avro_write_bytes(w, %s, %s_length, sizeof %s);", value, value, value);
      case FIXED -> line(indent, "fqt_avro_write_raw(w, %s, sizeof %s);", value, value);
      case RECORD -> line(indent, "write_%s(w, &%s);", CTypes.snake(schema.getName()), value);
      case UNION -> {
        int nullBranch = CTypes.nullBranch(schema);
        String present = owner + "has_" + name;
        line(indent, "fqt_avro_write_long(w, %s ? %d : %d);", present, 1 - nullBranch, nullBranch);
        line(indent, "if (%s) {", present);
        write(indent + "  ", owner, name, CTypes.optional(name, schema));
        line(indent, "}");
      }
      case ARRAY -> {
        int max = CTypes.bound(name, schema, CTypes.MAX_ITEMS);
        line(indent, "if (fqt_avro_write_count(w, %s_count, %d)) {", value, max);
        line(indent, "  for (size_t i = 0; i < %s_count; i++) {", value);
        write(indent + "    ", owner, name + "[i]", schema.getElementType());
        line(indent, "  }");
        line(indent, "  fqt_avro_write_long(w, 0);");
        line(indent, "}");
      }
      default -> throw new IllegalStateException("refused before: " + schema);
    }
  }

  private void reader(Schema record) {
    out.append(
        "\nstatic void read_%s(fqt_avro_reader *r, %s *v) {\n"
            .formatted(CTypes.snake(record.getName()), CTypes.name(record)));
    for (Schema.Field field : record.getFields()) {
      read("  ", "v->", CTypes.snake(field.name()), field.schema());
    }
    out.append("}\n");
  }

  private void read(String indent, String owner, String name, Schema schema) {
    String value = owner + name;
    switch (schema.getType()) {
      case INT -> line(indent, "%s = fqt_avro_read_int(r);", value);
      case LONG -> line(indent, "%s = fqt_avro_read_long(r);", value);
      case BOOLEAN -> line(indent, "%s = fqt_avro_read_boolean(r);", value);
      case FLOAT -> line(indent, "%s = fqt_avro_read_float(r);", value);
      case DOUBLE -> line(indent, "%s = fqt_avro_read_double(r);", value);
      case ENUM ->
          line(
              indent,
              "%s = (%s)fqt_avro_read_enum(r, %s_COUNT);",
              value,
              CTypes.name(schema),
              CTypes.macro(schema));
      case STRING -> line(indent, "fqt_avro_read_string(r, %s, sizeof %s);", value, value);
      case BYTES ->
          line(indent, "%s_length = fqt_avro_read_bytes(r, %s, sizeof %s);", value, value, value);
      case FIXED -> line(indent, "fqt_avro_read_raw(r, %s, sizeof %s);", value, value);
      case RECORD -> line(indent, "read_%s(r, &%s);", CTypes.snake(schema.getName()), value);
      case UNION -> {
        String present = owner + "has_" + name;
        line(
            indent, "%s = fqt_avro_read_enum(r, 2) == %d;", present, 1 - CTypes.nullBranch(schema));
        line(indent, "if (%s) {", present);
        read(indent + "  ", owner, name, CTypes.optional(name, schema));
        line(indent, "}");
      }
      case ARRAY -> {
        int max = CTypes.bound(name, schema, CTypes.MAX_ITEMS);
        line(indent, "%s_count = 0;", value);
        line(
            indent, "for (size_t n = fqt_avro_read_block(r); n > 0; n = fqt_avro_read_block(r)) {");
        line(indent, "  for (; n > 0 && fqt_avro_room(r, %s_count, %d); n--) {", value, max);
        line(indent, "    size_t i = %s_count++;", value);
        read(indent + "    ", owner, name + "[i]", schema.getElementType());
        line(indent, "  }");
        line(indent, "}");
      }
      default -> throw new IllegalStateException("refused before: " + schema);
    }
  }

  private void root(Schema schema) {
    out.append(
        """

        fqt_wire_status %1$s_encode(const %1$s *value, uint8_t *out, size_t capacity,
                                    size_t *length) {
          fqt_avro_writer w;
          fqt_avro_begin_write(&w, out, capacity, %2$s_FINGERPRINT);
          write_%3$s(&w, value);
          return fqt_avro_end_write(&w, length);
        }

        fqt_wire_status %1$s_decode(const uint8_t *bytes, size_t length, %1$s *value) {
          fqt_avro_reader r;
          %1$s read = {0};
          fqt_avro_begin_read(&r, bytes, length, %2$s_FINGERPRINT);
          read_%3$s(&r, &read);
          fqt_wire_status status = fqt_avro_end_read(&r);
          if (status == FQT_WIRE_OK) {
            *value = read;
          }
          return status;
        }
        """
            .formatted(CTypes.name(schema), CTypes.macro(schema), CTypes.snake(schema.getName())));
  }

  private void line(String indent, String format, Object... arguments) {
    out.append(indent).append(format.formatted(arguments)).append('\n');
  }
}
