package io.fqtfleet.schemas.codegen;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.avro.Schema;

/** The schemas as C sees them: named types in order of use, bounds, widest encodings. */
final class CTypes {
  static final String MAX_LENGTH = "maxLength";
  static final String MAX_ITEMS = "maxItems";
  private static final int VARINT32_BYTES = 5;
  private static final int VARINT64_BYTES = 10;

  final List<Schema> roots;
  final List<Schema> enums = new ArrayList<>();

  /** Records, each after those it contains. */
  final List<Schema> records = new ArrayList<>();

  private final Map<String, Schema> visiting = new LinkedHashMap<>();

  private CTypes(List<Schema> roots) {
    this.roots = roots;
    roots.forEach(root -> visit(root.getName(), root));
  }

  static CTypes of(List<Schema> roots) {
    return new CTypes(roots);
  }

  private void visit(String path, Schema schema) {
    switch (schema.getType()) {
      case RECORD -> visitRecord(path, schema);
      case ENUM -> addOnce(enums, schema);
      case ARRAY -> {
        bound(path, schema, MAX_ITEMS);
        Schema items = schema.getElementType();
        if (items.getType() == Schema.Type.ARRAY || items.getType() == Schema.Type.UNION) {
          throw cannot(path, "an array of " + items.getType(), "wrap the items in a record");
        }
        visit(path + "[]", items);
      }
      case UNION -> {
        Schema inner = optional(path, schema);
        if (inner.getType() == Schema.Type.ARRAY) {
          throw cannot(path, "an optional array", "use an empty array");
        }
        visit(path, inner);
      }
      case STRING, BYTES -> bound(path, schema, MAX_LENGTH);
      case INT, LONG, FLOAT, DOUBLE, BOOLEAN, FIXED -> {}
      default -> throw cannot(path, "the type " + schema.getType(), "use a record or an array");
    }
  }

  private void visitRecord(String path, Schema schema) {
    if (visiting.containsKey(schema.getFullName())) {
      throw cannot(path, "the recursive record " + schema.getName(), "bound the depth by hand");
    }
    if (records.contains(schema)) {
      return;
    }
    visiting.put(schema.getFullName(), schema);
    for (Schema.Field field : schema.getFields()) {
      visit(path + "." + field.name(), field.schema());
    }
    visiting.remove(schema.getFullName());
    records.add(schema);
  }

  private static void addOnce(List<Schema> list, Schema schema) {
    if (!list.contains(schema)) {
      list.add(schema);
    }
  }

  /** The other branch of a union with null. */
  static Schema optional(String path, Schema union) {
    List<Schema> branches = union.getTypes();
    if (branches.size() != 2 || nullBranch(union) < 0) {
      throw cannot(path, "the union " + union, "only a union of null and one type is possible");
    }
    return branches.get(1 - nullBranch(union));
  }

  static int nullBranch(Schema union) {
    List<Schema> branches = union.getTypes();
    for (int i = 0; i < branches.size(); i++) {
      if (branches.get(i).getType() == Schema.Type.NULL) {
        return i;
      }
    }
    return -1;
  }

  static int bound(String path, Schema schema, String property) {
    if (schema.getObjectProp(property) instanceof Number bound
        && bound.intValue() > 0
        && bound.intValue() <= 4096) {
      return bound.intValue();
    }
    throw cannot(
        path,
        "a " + schema.getType() + " without a bound",
        "give it \"" + property + "\" between 1 and 4096");
  }

  private static IllegalArgumentException cannot(String path, String what, String remedy) {
    return new IllegalArgumentException(
        "field %s: the C codec cannot express %s; %s".formatted(path, what, remedy));
  }

  /** Bytes of the longest encoding of a value. */
  static int bytesMax(Schema schema) {
    return switch (schema.getType()) {
      case INT, ENUM -> VARINT32_BYTES;
      case LONG -> VARINT64_BYTES;
      case FLOAT -> Float.BYTES;
      case DOUBLE -> Double.BYTES;
      case BOOLEAN -> 1;
      case FIXED -> schema.getFixedSize();
      case STRING, BYTES -> VARINT32_BYTES + bound("", schema, MAX_LENGTH);
      case UNION -> 1 + bytesMax(optional("", schema));
      case ARRAY ->
          VARINT32_BYTES + 1 + bound("", schema, MAX_ITEMS) * bytesMax(schema.getElementType());
      case RECORD -> schema.getFields().stream().mapToInt(f -> bytesMax(f.schema())).sum();
      default -> throw new IllegalStateException("refused before: " + schema);
    };
  }

  /** {@code TrainingReport} becomes {@code fqt_training_report}. */
  static String name(Schema schema) {
    return "fqt_" + snake(schema.getName());
  }

  /** {@code lambdaMinPermille} becomes {@code lambda_min_permille}. */
  static String snake(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  static String macro(Schema schema) {
    return name(schema).toUpperCase(Locale.ROOT);
  }

  static String symbol(Schema enumeration, String symbol) {
    return macro(enumeration) + "_" + symbol;
  }

  /** The C type of a scalar or named type. */
  static String cType(Schema schema) {
    return switch (schema.getType()) {
      case INT -> "int32_t";
      case LONG -> "int64_t";
      case FLOAT -> "float";
      case DOUBLE -> "double";
      case BOOLEAN -> "bool";
      case ENUM, RECORD -> name(schema);
      default -> throw new IllegalStateException("no single C type: " + schema);
    };
  }
}
