package io.fqtfleet.programs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fqtfleet.schemas.BudgetSignature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.stream.Collectors;

/**
 * The gateway's {@code keys.deviceKeyFile}, as far as operators' commands change it. The gateway
 * reads it again by itself. It is replaced as a whole, with its mode and owner; of comments those
 * at its beginning stay.
 */
final class DeviceKeyFile {
  private static final YAMLMapper YAML =
      YAMLMapper.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build();

  private static final int KEY_ID_MAX = 255;
  private static final String DEVICES = "devices";
  private static final String MASTERS = "masterKeys";

  private final Path file;
  private final ObjectNode root;
  private final String heading;

  private DeviceKeyFile(Path file, ObjectNode root, String heading) {
    this.file = file;
    this.root = root;
    this.heading = heading;
  }

  /** A file that is not there yet begins empty. */
  static DeviceKeyFile read(Path file) {
    if (!Files.exists(file)) {
      return new DeviceKeyFile(file, YAML.createObjectNode(), "");
    }
    try {
      String text = Files.readString(file);
      JsonNode found = YAML.readTree(text);
      if (found != null && found.isObject()) {
        String heading =
            text.lines()
                .takeWhile(line -> line.startsWith("#"))
                .map(line -> line + "\n")
                .collect(Collectors.joining());
        return new DeviceKeyFile(file, (ObjectNode) found, heading);
      }
    } catch (IOException e) {
      // The cause may cite a key.
      throw new IllegalArgumentException(
          "%s cannot be read as YAML; give the file that the gateway has as keys.deviceKeyFile"
              .formatted(file));
    }
    throw new IllegalArgumentException(
        "%s holds no mapping; give the file that the gateway has as keys.deviceKeyFile"
            .formatted(file));
  }

  /** The number of a device's next key: never the one before, which is revoked. */
  static int next(int keyId) {
    return keyId % KEY_ID_MAX + 1;
  }

  /** Gives the device this new key in place of all it had; returns it in hexadecimal. */
  String give(String device, int keyId, SecureRandom random) {
    byte[] key = new byte[BudgetSignature.KEY_BYTES];
    random.nextBytes(key);
    String hex = HexFormat.of().formatHex(key);
    ObjectNode devices =
        root.get(DEVICES) instanceof ObjectNode there ? there : root.putObject(DEVICES);
    devices.put(device, keyId + ":" + hex);
    write();
    return hex;
  }

  /**
   * @return false if the device has none there, or the file would be empty, which the gateway
   *     refuses
   */
  boolean remove(String device) {
    if (!(root.get(DEVICES) instanceof ObjectNode devices)
        || !devices.has(device)
        || devices.size() == 1 && !root.has(MASTERS)) {
      return false;
    }
    devices.remove(device);
    write();
    return true;
  }

  private void write() {
    Path temporary = file.toAbsolutePath().resolveSibling("." + file.getFileName() + ".new");
    try {
      Files.deleteIfExists(temporary);
      createPrivate(temporary);
      Files.writeString(temporary, heading + YAML.writeValueAsString(root));
      if (Files.exists(file)) {
        keepOwner(temporary);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  private void keepOwner(Path temporary) throws IOException {
    PosixFileAttributes was = Files.readAttributes(file, PosixFileAttributes.class);
    PosixFileAttributeView now =
        Files.getFileAttributeView(temporary, PosixFileAttributeView.class);
    PosixFileAttributes is = now.readAttributes();
    if (!is.owner().equals(was.owner())) {
      now.setOwner(was.owner());
    }
    if (!is.group().equals(was.group())) {
      now.setGroup(was.group());
    }
    now.setPermissions(was.permissions());
  }

  /** A new file that only its owner reads. */
  static void createPrivate(Path file) throws IOException {
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  /** For the board's provisioning; never over an existing file. */
  static void writeKey(Path file, int keyId, String hex) {
    try {
      createPrivate(file);
      Files.writeString(file, keyId + ":" + hex + "\n", StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the key to " + file, e);
    }
  }
}
