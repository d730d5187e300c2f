package io.fqtfleet.sim.signal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** The folder of a data set: meta.json and the files it describes, byte counts and sums checked. */
final class DataSetFolder {
  private static final Map<String, Integer> TYPE_BYTES =
      Map.of("int16", 2, "float32", 4, "uint8", 1, "uint16", 2);

  /** Largest file that is read whole. */
  private static final long BYTES_MAX = 1L << 30;

  private final Path folder;
  private final JsonNode meta;

  /** What meta.json says of a file. */
  record Described(String file, int[] shape, String type, String sha256) {
    long bytes() {
      long bytes = TYPE_BYTES.get(type);
      for (int extent : shape) {
        bytes *= extent;
      }
      return bytes;
    }
  }

  private DataSetFolder(Path folder, JsonNode meta) {
    this.folder = folder;
    this.meta = meta;
  }

  static DataSetFolder open(Path folder) {
    Path file = folder.resolve("meta.json");
    if (!Files.isDirectory(folder)) {
      throw new DataSetException(
          folder, "there is no such folder", "give the folder that holds meta.json and X.bin");
    }
    if (!Files.isRegularFile(file)) {
      throw new DataSetException(
          file, "there is no such file", "a data set is described by a meta.json beside its files");
    }
    try {
      return new DataSetFolder(folder, new ObjectMapper().readTree(file.toFile()));
    } catch (JsonProcessingException e) {
      throw new DataSetException(
          file, "line %d is no JSON".formatted(e.getLocation().getLineNr()), "correct it", e);
    } catch (IOException e) {
      throw new DataSetException(file, "it cannot be read: " + e, "check its permissions", e);
    }
  }

  JsonNode meta() {
    return meta;
  }

  Path metaFile() {
    return folder.resolve("meta.json");
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  String text(String key) {
    JsonNode node = meta.path(key);
    if (!node.isTextual()) {
      throw new DataSetException(metaFile(), "'" + key + "' is missing", "add it as a text");
    }
    return node.textValue();
  }

  List<String> texts(String key) {
    JsonNode node = meta.path(key);
    List<String> texts = new ArrayList<>();
    node.forEach(item -> texts.add(item.asText()));
    if (!node.isArray() || texts.isEmpty()) {
      throw new DataSetException(
          metaFile(), "'" + key + "' is missing or empty", "add it as a list of names");
    }
    return List.copyOf(texts);
  }

  boolean has(String file) {
    return meta.path("files").has(file);
  }

  Described described(String file) {
    JsonNode node = meta.path("files").path(file);
    String type = node.path("dtype").asText();
    String sum = node.path("sha256").asText();
    int[] shape = new int[node.path("shape").size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = node.path("shape").get(i).asInt(0);
      if (shape[i] < 1) {
        throw wrong(file, "extent %d of its shape is not a positive number".formatted(i));
      }
    }
    if (shape.length == 0) {
      throw wrong(file, "its shape is missing");
    }
    if (!TYPE_BYTES.containsKey(type)) {
      throw wrong(file, "dtype '%s' is not one of int16, float32, uint8, uint16".formatted(type));
    }
    if (!node.path("byte_order").asText("little").equals("little")) {
      throw wrong(file, "its byte order is not little");
    }
    if (!sum.matches("[0-9a-f]{64}")) {
      throw wrong(file, "its sha256 is missing");
    }
    return new Described(file, shape, type, sum);
  }

  private DataSetException wrong(String file, String problem) {
    return new DataSetException(
        metaFile(),
        "files." + file + ": " + problem,
        "describe it as {shape, dtype, byte_order: little, bytes, sha256}");
  }

  /** The whole file, once its byte count and sum are what meta.json says. */
  byte[] bytes(Described described) {
    Path file = file(described.file());
    if (!Files.isRegularFile(file)) {
      throw new DataSetException(
          file, "there is no such file", "meta.json lists it: fetch the data set again");
    }
    try {
      long found = Files.size(file);
      if (found != described.bytes() || found > BYTES_MAX) {
        throw new DataSetException(
            file,
            "it has %d bytes; shape and dtype in meta.json make %d (at most %d are read)"
                .formatted(found, described.bytes(), BYTES_MAX),
            "fetch the data set again, or correct meta.json");
      }
      byte[] bytes = Files.readAllBytes(file);
      String sum = sha256(bytes);
      if (!sum.equals(described.sha256())) {
        throw new DataSetException(
            file,
            "its sha256 is %s, meta.json says %s".formatted(sum, described.sha256()),
            "the file is damaged or another version: fetch the data set again");
      }
      return bytes;
    } catch (IOException e) {
      throw new DataSetException(file, "it cannot be read: " + e, "check its permissions", e);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
