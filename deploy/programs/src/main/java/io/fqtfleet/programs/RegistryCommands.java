package io.fqtfleet.programs;

import io.fqtfleet.schemas.Attribute;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.RegistryState;
import io.fqtfleet.schemas.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fleet device enrol|move|replace|retire}: the operators' registry of devices. */
final class RegistryCommands {
  private static final Pattern ATTRIBUTE =
      Pattern.compile("([a-z0-9_]{1,32})=([\\x21-\\x7e][\\x20-\\x7e]{0,31})");

  @Parameters(index = "0", paramLabel = "DEVICE", description = "its id")
  private String device;

  @Option(
      names = "--kafka",
      paramLabel = "SERVERS",
      defaultValue = "localhost:9092",
      description = "default: ${DEFAULT-VALUE}")
  private String kafka;

  @Option(names = "--author", paramLabel = "NAME", description = "default: who you are here")
  private String author;

  @Option(names = "--comment", paramLabel = "TEXT", defaultValue = "")
  private String comment;

  private FleetTopic<DeviceRegistration> topic() {
    return new FleetTopic<>(kafka, Topics.DEVICES, DeviceRegistration.class);
  }

  /** Its registration; null = it has none. */
  private DeviceRegistration registered() {
    Topics.checkDevice(device);
    AtomicReference<DeviceRegistration> last = new AtomicReference<>();
    topic().read(device, (key, value) -> last.set(value));
    return last.get();
  }

  private DeviceRegistration inService(DeviceRegistration registered) {
    if (registered != null && registered.getState() == RegistryState.RETIRED) {
      throw new IllegalStateException(
          "device %s was retired by %s: '%s'; 'device enrol' takes it into service again"
              .formatted(device, registered.getAuthor(), registered.getComment()));
    }
    return registered == null ? DeviceRegistration.newBuilder().build() : registered;
  }

  private void publish(DeviceRegistration.Builder next) {
    next.setAuthor(author == null ? System.getProperty("user.name", "unknown") : author)
        .setComment(comment.strip())
        .setChangedAtMs(System.currentTimeMillis());
    topic().publish(device, next.build(), null);
  }

  private static String cohort(String cohort) {
    if (cohort != null && !Topics.COHORT.matcher(cohort).matches()) {
      throw new IllegalArgumentException(
          "cohort '%s' is not %s".formatted(cohort, Topics.COHORT.pattern()));
    }
    return cohort;
  }

  private static void say(CommandSpec spec, String format, Object... arguments) {
    spec.commandLine().getOut().printf(format + "%n", arguments);
    spec.commandLine().getOut().flush();
  }

  /** Where a new key goes. */
  static final class NewKey {
    @Option(
        names = "--keys",
        paramLabel = "FILE",
        description = "keys.deviceKeyFile of the gateway: gets a new key of the device")
    private Path file;

    @Option(
        names = "--key-out",
        paramLabel = "FILE",
        description = "the same key for the board's provisioning, in a new file: <key id>:<hex>")
    private Path out;

    /**
     * Makes the key; the gateway signs with it as soon as the registry names it.
     *
     * @return what to tell
     */
    private String make(String device, int keyId) {
      if (out != null && Files.exists(out)) {
        throw new IllegalArgumentException(
            "--key-out %s is there already; name a new file".formatted(out));
      }
      String hex = DeviceKeyFile.read(file).give(device, keyId, new SecureRandom());
      if (out != null) {
        DeviceKeyFile.writeKey(out, keyId, hex);
      }
      return "key %d is in %s%s".formatted(keyId, file, out == null ? "" : " and in " + out);
    }

    private void check(CommandSpec spec) {
      if (out != null && file == null) {
        throw new ParameterException(
            spec.commandLine(), "--key-out needs --keys: without it there is no key of its own");
      }
    }
  }

  /** A device that was not there before. */
  @Command(
      name = "enrol",
      description = {
        "take a device into service: its cohort, its model, a key of its own",
        "Without --keys its key is the one derived from the gateway's master key."
      })
  static final class Enrol implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private RegistryCommands registry;
    @Mixin private NewKey key;

    @Option(names = "--cohort", paramLabel = "NAME", description = "absent = as the device says")
    private String cohort;

    @Option(names = "--model", paramLabel = "TEXT", defaultValue = "")
    private String model;

    @Option(
        names = "--attribute",
        paramLabel = "NAME=VALUE",
        description = "such as site=north; may be repeated; wins over what the device says")
    private List<String> attributes = List.of();

    @Override
    public void run() {
      key.check(spec);
      DeviceRegistration before = registry.registered();
      if (before != null && before.getState() == RegistryState.ENROLLED) {
        throw new IllegalStateException(
            "device %s is enrolled already; 'device move' changes its cohort, 'device replace' its"
                    .formatted(registry.device)
                + " board");
      }
      var next =
          DeviceRegistration.newBuilder()
              .setCohort(cohort(cohort))
              .setModel(model)
              .setAttributes(attributes.stream().map(Enrol::attribute).toList());
      if (before != null) {
        next.setBoards(before.getBoards() + 1);
      }
      String told = "its key is derived from the master key";
      if (key.file != null) {
        next.setKeyId(DeviceKeyFile.next(before == null ? 0 : before.getKeyId()));
        told = key.make(registry.device, next.getKeyId());
      }
      registry.publish(next);
      say(
          spec,
          "device %s is enrolled, cohort %s; %s",
          registry.device,
          cohort == null ? "as it says" : cohort,
          told);
    }

    private static Attribute attribute(String text) {
      Matcher matcher = ATTRIBUTE.matcher(text);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "--attribute '%s' is not name=value: a-z, 0-9 and _, then printable ASCII, 1 to 32 each"
                .formatted(text));
      }
      return new Attribute(matcher.group(1), matcher.group(2));
    }
  }

  /** Another cohort. */
  @Command(name = "move", description = "bring a device into another cohort")
  static final class Move implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private RegistryCommands registry;

    @Parameters(index = "1", paramLabel = "COHORT")
    private String cohort;

    @Override
    public void run() {
      cohort(cohort);
      DeviceRegistration before = registry.inService(registry.registered());
      registry.publish(DeviceRegistration.newBuilder(before).setCohort(cohort));
      say(
          spec,
          "device %s belongs to cohort %s from the next round on; its references start anew",
          registry.device,
          cohort);
    }
  }

  /** Another board. */
  @Command(
      name = "replace",
      description = {
        "another board takes the place of this one: new key, nothing known of the old one counts",
        "The board's own cohort, attributes and the versions of its budgets stay."
      })
  static final class Replace implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private RegistryCommands registry;
    @Mixin private NewKey key;

    @Option(
        names = "--keep-key",
        description = "the new board was provisioned with the key of the old one")
    private boolean keepKey;

    @Override
    public void run() {
      key.check(spec);
      if (keepKey == (key.file != null)) {
        throw new ParameterException(spec.commandLine(), "give either --keys FILE or --keep-key");
      }
      DeviceRegistration before = registry.inService(registry.registered());
      var next = DeviceRegistration.newBuilder(before).setBoards(before.getBoards() + 1);
      String told = "it keeps its key";
      if (!keepKey) {
        next.setKeyId(DeviceKeyFile.next(before.getKeyId()));
        told = key.make(registry.device, next.getKeyId()) + ", all others are revoked";
      }
      registry.publish(next);
      say(spec, "device %s: board %d takes over; %s", registry.device, next.getBoards() + 1, told);
    }
  }

  /** The end. */
  @Command(
      name = "retire",
      description = {
        "take a device out of service: no budget, no key, what is retained for it is deleted",
        "Whatever it still says is dropped."
      })
  static final class Retire implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private RegistryCommands registry;

    @Option(
        names = "--keys",
        paramLabel = "FILE",
        description = "keys.deviceKeyFile of the gateway: loses the device's key")
    private Path keys;

    @Override
    public void run() {
      DeviceRegistration before = registry.inService(registry.registered());
      // The registry first: from then on no key of it is used, whatever the file says.
      registry.publish(DeviceRegistration.newBuilder(before).setState(RegistryState.RETIRED));
      boolean removed = keys != null && DeviceKeyFile.read(keys).remove(registry.device);
      say(
          spec,
          "device %s is retired: streams forgets it, the gateway deletes what is retained for it"
              + " and signs for it no more%s",
          registry.device,
          removed ? "; its key is out of " + keys : "");
      if (keys != null && !removed) {
        say(spec, "%s held no key of it, or no other one, and stays as it is", keys);
      }
    }
  }
}
