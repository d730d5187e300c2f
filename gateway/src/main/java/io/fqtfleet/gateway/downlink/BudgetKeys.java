package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.gateway.ops.Metric;
import io.fqtfleet.gateway.ops.PacedWarning;
import io.fqtfleet.gateway.ops.Scrape;
import io.fqtfleet.schemas.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key with which a device's budgets are signed. Several may be in use at once while keys are
 * being exchanged: a device that refuses a budget for its key gets the next one it may hold, and
 * keeps it. The file is read again when it changes. Safe for many threads.
 */
final class BudgetKeys {
  private static final Logger LOG = LoggerFactory.getLogger(BudgetKeys.class);
  private static final long LOOK_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A key and the number under which the device stores it. */
  record Key(int id, byte[] bytes) {
    @Override
    public String toString() {
      return "Key[id=" + id + "]";
    }
  }

  /** What the operators' registry allows. */
  @FunctionalInterface
  interface Allowed {
    /** Whether budgets of the device may be signed with its key of this number. */
    boolean key(String device, int keyId);
  }

  /** What the gateway has learnt about a device that refused a key. */
  private static final class Standing {
    private int keyId;

    /** Since it last took one. */
    private final Set<Integer> refused = new HashSet<>();

    private boolean signedOnceMore;

    private Standing(int keyId) {
      this.keyId = keyId;
    }
  }

  /** What the file was when it was read. */
  private record Stamp(Object time, long bytes) {}

  private final GatewayConfig.Keys config;
  private final Allowed allowed;
  private final PacedWarning warning = new PacedWarning(LOG);
  private final Map<String, Standing> standings = new HashMap<>();
  private final Map<Integer, Long> signedByKeyId = new TreeMap<>();
  private KeyRing ring;
  private Stamp stamp;
  private long lookedNanos = System.nanoTime();
  private boolean stale;
  private long refusals;
  private long exhausted;

  private BudgetKeys(GatewayConfig.Keys config, KeyRing ring, Stamp stamp, Allowed allowed) {
    this.config = config;
    this.allowed = allowed;
    this.ring = ring;
    this.stamp = stamp;
  }

  /**
   * @throws ConfigException if the file is missing or wrong
   * @throws IllegalStateException if it contradicts {@code keys.masterKey}
   */
  static BudgetKeys from(GatewayConfig.Keys config) {
    return from(config, (device, keyId) -> true);
  }

  /** The same, of whose keys the registry forbids some. */
  static BudgetKeys from(GatewayConfig.Keys config, Allowed allowed) {
    Path path = config.deviceKeyPath();
    // The stamp first: a change while it is read is then seen as one.
    Stamp stamp = path == null ? null : stamp(path);
    return new BudgetKeys(
        config, KeyRing.of(config, path == null ? null : KeyFile.read(path)), stamp, allowed);
  }

  /** One key per device from one secret, so that a fleet of any size needs no list. */
  static BudgetKeys derived(byte[] masterKey, int keyId) {
    GatewayConfig.Keys config =
        new GatewayConfig.Keys(HexFormat.of().formatHex(masterKey), keyId, null);
    return from(config);
  }

  private List<Key> candidates(String device) {
    return ring.candidates(device).stream().filter(key -> allowed.key(device, key.id())).toList();
  }

  /** The key that the device holds as far as is known; empty if there is none for it. */
  synchronized Optional<Key> of(String device) {
    readAgainIfChanged();
    List<Key> candidates = candidates(device);
    Standing standing = standings.get(device);
    Optional<Key> known =
        standing == null
            ? Optional.empty()
            : candidates.stream().filter(key -> key.id() == standing.keyId).findFirst();
    Optional<Key> key = known.isPresent() ? known : candidates.stream().findFirst();
    key.ifPresent(used -> signedByKeyId.merge(used.id(), 1L, Long::sum));
    return key;
  }

  /**
   * The device holds a key of the number that was used, but the tag is wrong. Mostly that budget
   * was not ours, so the true one is signed once more before another key is tried.
   *
   * @return true if the budget is to be signed again
   */
  synchronized boolean refusedTag(String device) {
    readAgainIfChanged();
    List<Key> candidates = candidates(device);
    if (!candidates.isEmpty()) {
      int first = candidates.get(0).id();
      Standing standing = standings.computeIfAbsent(device, unknown -> new Standing(first));
      if (!standing.signedOnceMore) {
        standing.signedOnceMore = true;
        refusals++;
        return true;
      }
    }
    return refused(device);
  }

  /**
   * The device holds no key of the number that was used.
   *
   * @return true if there is another key that it may hold: sign again with it
   */
  synchronized boolean refused(String device) {
    refusals++;
    readAgainIfChanged();
    List<Key> candidates = candidates(device);
    if (candidates.isEmpty()) {
      return false;
    }
    int first = candidates.get(0).id();
    Standing standing = standings.computeIfAbsent(device, unknown -> new Standing(first));
    if (candidates.stream().noneMatch(key -> key.id() == standing.keyId)) {
      // The key it had is no longer in use: the first one was tried instead.
      standing.keyId = first;
    }
    standing.refused.add(standing.keyId);
    for (Key key : candidates) {
      if (!standing.refused.contains(key.id())) {
        standing.keyId = key.id();
        return true;
      }
    }
    // All were tried: silent until the device hears a budget again, after its next connect.
    standing.refused.clear();
    exhausted++;
    warning.say(
        "device={} refuses every key id of {}; provision it, or add its key to keys.deviceKeyFile",
        device,
        candidates.stream().map(Key::id).toList());
    return false;
  }

  /** The device took a budget: it holds the key that was used last. */
  synchronized void accepted(String device) {
    Standing standing = standings.get(device);
    if (standing != null) {
      standing.refused.clear();
      standing.signedOnceMore = false;
    }
  }

  /** For the metrics: what happened since the start. */
  record Snapshot(
      Map<Integer, Long> signedByKeyId, long refusals, long exhausted, boolean fileStale) {
    void write(Scrape scrape) {
      signedByKeyId.forEach(
          (id, count) ->
              scrape.add(Metric.BUDGETS_SIGNED, Map.of("key_id", Integer.toString(id)), count));
      scrape.add(Metric.KEY_REFUSALS, Map.of(), refusals);
      scrape.add(Metric.KEYS_EXHAUSTED, Map.of(), exhausted);
      scrape.add(Metric.KEY_FILE_STALE, Map.of(), fileStale ? 1 : 0);
    }
  }

  synchronized Snapshot snapshot() {
    readAgainIfChanged();
    return new Snapshot(new TreeMap<>(signedByKeyId), refusals, exhausted, stale);
  }

  /** A wrong file changes nothing: the keys that were right go on. */
  private void readAgainIfChanged() {
    Path path = config.deviceKeyPath();
    long now = System.nanoTime();
    if (path == null || now - lookedNanos < LOOK_INTERVAL_NANOS) {
      return;
    }
    lookedNanos = now;
    Stamp found = stamp(path);
    if (found.equals(stamp)) {
      return;
    }
    try {
      ring = KeyRing.of(config, KeyFile.read(path));
      stamp = found;
      stale = false;
      LOG.info("file={} read again", path);
    } catch (ConfigException | IllegalStateException e) {
      stale = true;
      warning.say("file={} keeps the keys it had before: {}", path, e.getMessage());
    }
  }

  private static Stamp stamp(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(found.lastModifiedTime(), found.size());
    } catch (IOException e) {
      // Reading it says what is wrong.
      return new Stamp("missing", 0);
    }
  }
}
