package io.fqtfleet.schemas;

import io.fqtfleet.schemas.WireException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;

/**
 * Avro single-object encoding: C3 01, the CRC-64-AVRO fingerprint of the writer schema (8 bytes,
 * little endian), the body.
 *
 * <p>Reads what any known writer schema wrote: the current one, and the older ones that are kept as
 * resources {@code history/<Record>/<n>.avsc}. Safe for use by many threads.
 */
public final class WireCodec<T extends SpecificRecord> {
  private static final int HEADER_BYTES = 10;
  private static final int MAGIC = 0xC301;
  private static final int MAX_HISTORY = 1000;

  /** No message of ours is longer; a longer one is refused before it is read. */
  public static final int MESSAGE_BYTES_MAX = 1 << 16;

  static {
    // A corrupt length must not allocate more than a message could hold. Avro reads these once.
    for (String limit : List.of("bytes", "string", "collectionItems")) {
      String property = "org.apache.avro.limits." + limit + ".maxLength";
      System.getProperties().putIfAbsent(property, Integer.toString(MESSAGE_BYTES_MAX));
    }
    // Avro loads classes by the names in schemas only from trusted packages.
    ClassSecurityValidator.setGlobal(
        ClassSecurityValidator.composite(
            ClassSecurityValidator.getGlobal(), c -> c.getName().startsWith("io.fqtfleet.")));
  }

  private final Class<T> type;
  private final Schema schema;
  private final long fingerprint;
  private final SpecificDatumWriter<T> writer;
  private final ThreadLocal<Encoding> encodings = ThreadLocal.withInitial(Encoding::new);
  private final Map<Long, SpecificDatumReader<T>> readers = new HashMap<>();

  private WireCodec(Class<T> type, Schema schema) {
    this.type = type;
    this.schema = schema;
    this.fingerprint = SchemaNormalization.parsingFingerprint64(schema);
    // The encoders generated with the records: the same bytes without a box around every number.
    SpecificData model = new SpecificData(type.getClassLoader());
    model.setCustomCoders(true);
    this.writer = new SpecificDatumWriter<>(schema, model);
    addWriterSchema(schema);
  }

  /** A codec of one generated record class, with the older schemas of its history. */
  public static <T extends SpecificRecord> WireCodec<T> of(Class<T> type) {
    WireCodec<T> codec = new WireCodec<>(type, schemaOf(type));
    for (int n = 1; n <= MAX_HISTORY; n++) {
      String name = "/history/" + type.getSimpleName() + "/" + n + ".avsc";
      try (InputStream old = type.getResourceAsStream(name)) {
        if (old == null) {
          break;
        }
        codec.addWriterSchema(new Schema.Parser().parse(old));
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read the schema history " + name, e);
      }
    }
    return codec;
  }

  private static Schema schemaOf(Class<?> type) {
    try {
      return (Schema) type.getMethod("getClassSchema").invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(type + " is no generated Avro record", e);
    }
  }

  private void addWriterSchema(Schema writerSchema) {
    readers.put(
        SchemaNormalization.parsingFingerprint64(writerSchema),
        new SpecificDatumReader<>(writerSchema, schema));
  }

  /** Fingerprint of the schema that {@link #encode} writes. */
  public long fingerprint() {
    return fingerprint;
  }

  /** True if bytes of this writer schema can be read. */
  public boolean knows(long writerFingerprint) {
    return readers.containsKey(writerFingerprint);
  }

  /** A fingerprint as it is written in headers and messages. */
  public static String hex(long fingerprint) {
    return HexFormat.of().toHexDigits(fingerprint);
  }

  /** What a thread writes with; reset before each message. */
  private static final class Encoding {
    final ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    final BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
  }

  public byte[] encode(T value) {
    Encoding encoding = encodings.get();
    ByteArrayOutputStream out = encoding.out;
    out.reset();
    out.write(MAGIC >>> 8);
    out.write(MAGIC & 0xFF);
    for (int i = 0; i < Long.BYTES; i++) {
      out.write((int) (fingerprint >>> (8 * i)));
    }
    try {
      writer.write(value, encoding.encoder);
      encoding.encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    } catch (RuntimeException e) {
      // Half a message must not stand before the next one.
      encodings.remove();
      throw e;
    }
    return out.toByteArray();
  }

  /**
   * The fingerprint in a single-object header.
   *
   * @throws WireException NOT_SINGLE_OBJECT
   */
  public static long fingerprintOf(byte[] bytes) throws WireException {
    if (bytes.length < HEADER_BYTES || ((bytes[0] & 0xFF) << 8 | (bytes[1] & 0xFF)) != MAGIC) {
      int shown = Math.min(bytes.length, HEADER_BYTES);
      throw new WireException(
          Reason.NOT_SINGLE_OBJECT,
          "%d bytes that begin with '%s' are no Avro single-object encoding (C3 01, 8 bytes of "
                  .formatted(bytes.length, HexFormat.of().formatHex(bytes, 0, shown))
              + "fingerprint, body)");
    }
    long fingerprint = 0;
    for (int i = Long.BYTES - 1; i >= 0; i--) {
      fingerprint = fingerprint << 8 | (bytes[2 + i] & 0xFF);
    }
    return fingerprint;
  }

  /**
   * Reads one value; every byte must belong to it.
   *
   * @throws WireException with the reason for the dead letter
   */
  public T decode(byte[] bytes) throws WireException {
    if (bytes.length > MESSAGE_BYTES_MAX) {
      throw new WireException(
          Reason.OVERSIZE,
          "%d bytes are more than the %d of a message".formatted(bytes.length, MESSAGE_BYTES_MAX));
    }
    long writerFingerprint = fingerprintOf(bytes);
    SpecificDatumReader<T> reader = readers.get(writerFingerprint);
    if (reader == null) {
      TreeSet<String> known = new TreeSet<>();
      readers.keySet().forEach(f -> known.add(hex(f)));
      throw new WireException(
          Reason.UNKNOWN_SCHEMA,
          "writer schema %s of %s is unknown (known: %s); add it as history/%s/<n>.avsc"
              .formatted(
                  hex(writerFingerprint), type.getSimpleName(), known, type.getSimpleName()));
    }
    BinaryDecoder decoder =
        DecoderFactory.get().binaryDecoder(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES, null);
    try {
      T value = reader.read(null, decoder);
      if (!decoder.isEnd()) {
        throw new WireException(
            Reason.TRAILING_BYTES, type.getSimpleName() + " is followed by bytes not its own");
      }
      return value;
    } catch (IOException | RuntimeException e) {
      // Avro throws various unchecked exceptions on corrupt bytes; none may stop the caller.
      throw new WireException(
          Reason.TRUNCATED,
          "%d bytes are no %s: %s".formatted(bytes.length, type.getSimpleName(), e),
          e);
    }
  }
}
