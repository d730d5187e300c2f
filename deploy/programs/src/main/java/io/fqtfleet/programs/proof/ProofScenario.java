package io.fqtfleet.programs.proof;

import io.fqtfleet.sim.signal.Chance;
import io.fqtfleet.sim.signal.DriftProfile;
import io.fqtfleet.sim.signal.FaultySource;
import io.fqtfleet.sim.signal.LabelRule;
import io.fqtfleet.sim.signal.SampleSource;
import io.fqtfleet.sim.signal.SensorFault;
import io.fqtfleet.sim.signal.SignalSpace;
import io.fqtfleet.sim.signal.SignalSpace.Change;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What happens to a fleet. Which cohort it happens to, and the kind of a fault, follow the seed.
 */
enum ProofScenario {
  ABRUPT_LOAD("one cohort's machines get another load, at once"),
  GRADUAL_CHANGE("the same, over a quarter of the time left: the new load becomes more likely"),
  MOVED_SENSOR("one cohort's sensors are mounted in another place"),
  RECURRING_DOMAIN("one cohort's load changes to and fro, a fifth of the time each"),
  BROKEN_SENSOR("one sensor breaks: noise, offset, stuck or gain"),
  SEASONAL_SWING("all machines swing together, three times there and back"),
  LABEL_NOISE("three of ten labels of one cohort are wrong"),
  BATTERY_LIMITED("as abrupt-load, but every device has one millijoule for training, for ever");

  /** Share of wrong labels. */
  private static final double WRONG = 0.3;

  /** Worlds on the way of a season. */
  private static final int SEASON_STAGES = 9;

  private static final int SEASONS = 3;
  private static final int BROKEN_DEVICE = 1;

  final String what;

  ProofScenario(String what) {
    this.what = what;
  }

  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * @throws IllegalArgumentException naming those that there are
   */
  static ProofScenario of(String id) {
    return Arrays.stream(values())
        .filter(s -> s.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--scenario %s is none of %s"
                        .formatted(
                            id,
                            Arrays.stream(values())
                                .map(ProofScenario::id)
                                .collect(Collectors.joining(", ")))));
  }

  /** A cohort's world changes, so that training can win something back. */
  boolean isChange() {
    return this == ABRUPT_LOAD
        || this == GRADUAL_CHANGE
        || this == MOVED_SENSOR
        || this == RECURRING_DOMAIN
        || this == BATTERY_LIMITED;
  }

  boolean isBatteryLimited() {
    return this == BATTERY_LIMITED;
  }

  /** The cohort that it happens to. */
  int cohort(long seed, int cohorts) {
    return Math.floorMod(seed, cohorts);
  }

  /** True if the device's accuracy tells how much is lost. */
  boolean measures(int cohort, int number, int hit) {
    return switch (this) {
      case SEASONAL_SWING -> true;
      case BROKEN_SENSOR -> cohort == hit && number != BROKEN_DEVICE;
      default -> cohort == hit;
    };
  }

  boolean breaks(int cohort, int number, int hit) {
    return this == BROKEN_SENSOR && cohort == hit && number == BROKEN_DEVICE;
  }

  /** True of a device whose own world stays what it was and whose sensor works. */
  boolean sparesDevice(int cohort, int number, int hit) {
    return isChange() ? cohort != hit : !breaks(cohort, number, hit);
  }

  /**
   * One device's sensor.
   *
   * @param hit the cohort that it happens to
   * @param onset first window that may differ
   * @param windows that the run has
   */
  record Sensed(
      Worlds worlds, SignalSpace space, int cohort, int number, int hit, long onset, long windows) {
    private long left() {
      return windows - onset;
    }
  }

  SampleSource source(Sensed at, long runSeed, long seed) {
    String home = Worlds.home(at.cohort);
    SampleSource source = at.space.source(home, seed, 0);
    if (this == SEASONAL_SWING) {
      return seasonal(at, source, seed);
    }
    if (at.cohort != at.hit) {
      return source;
    }
    String loaded = Worlds.loaded(at.cohort);
    return switch (this) {
      case ABRUPT_LOAD, BATTERY_LIMITED ->
          change(at, source, new Change(home, loaded, DriftProfile.ABRUPT, at.onset, 0), seed);
      case GRADUAL_CHANGE -> {
        long span = at.left() / 4;
        yield change(
            at, source, new Change(home, loaded, DriftProfile.GRADUAL, at.onset, span), seed);
      }
      case RECURRING_DOMAIN -> {
        long span = at.left() / 5;
        yield change(
            at, source, new Change(home, loaded, DriftProfile.RECURRING, at.onset, span), seed);
      }
      case MOVED_SENSOR -> {
        String moved = Worlds.moved(at.cohort);
        yield change(at, source, new Change(home, moved, DriftProfile.ABRUPT, at.onset, 0), seed);
      }
      case BROKEN_SENSOR ->
          breaks(at.cohort, at.number, at.hit) ? broken(at, source, runSeed, seed) : source;
      case LABEL_NOISE, SEASONAL_SWING -> source;
    };
  }

  private static SampleSource change(Sensed at, SampleSource home, Change change, long seed) {
    return at.space.drift(home, change, seed);
  }

  private static SampleSource seasonal(Sensed at, SampleSource home, long seed) {
    String other = Worlds.season(at.cohort);
    List<SampleSource> stages =
        at.worlds.between()
            ? at.space.between(Worlds.home(at.cohort), other, SEASON_STAGES, seed, at.onset)
            : List.of(home, at.space.source(other, seed, at.onset));
    return new SeasonalSource(stages, at.onset, at.left() / SEASONS, seed);
  }

  /** Each kind so strong that the network cannot cope with it. */
  private static SampleSource broken(Sensed at, SampleSource sound, long runSeed, long seed) {
    SensorFault kind =
        switch (Math.floorMod(runSeed, 4)) {
          case 1 -> SensorFault.NOISE;
          case 2 -> SensorFault.OFFSET;
          case 3 -> SensorFault.STUCK;
          default -> SensorFault.GAIN;
        };
    double magnitude =
        switch (kind) {
          case NOISE -> 1.5;
          case OFFSET -> 5;
          case STUCK -> 1;
          case GAIN -> 0.002;
        };
    return new FaultySource(sound, kind, magnitude, at.onset, Long.MAX_VALUE, seed);
  }

  LabelRule labels(Sensed at, long seed) {
    int classes = at.space.classNames().size();
    long labels = Chance.seed(seed, "labels");
    return this == LABEL_NOISE && at.cohort == at.hit
        ? new LabelRule(labels, classes, 1, WRONG, at.onset, Long.MAX_VALUE)
        : LabelRule.right(labels, classes, 1);
  }
}
