package io.fqtfleet.programs.evaluation;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import java.util.List;

/**
 * One experiment as data: a fleet, its noise, how reports arrive, what changes, and what ought to
 * be said about it. Read from {@code evaluation/drift-scenarios.yaml}.
 *
 * @param id unique; its letters and digits before the first dot are the scenario of the protocol
 * @param devices per cohort
 * @param rounds length of a run; a round is ten minutes, a fleet-day has 144
 * @param samples labelled samples per report
 * @param fleetDevices what the false pages are shared among; the run simulates a part of that fleet
 * @param withinRounds how long after a change's end an alarm still counts as a hit
 * @param runs at most so many seeds, because the fleet is large; absent = as many as asked for
 * @param learning share of the rise that is left which a device undoes per round of training at
 *     full strength; 0 = training never helps
 */
record DriftScenario(
    String id,
    String title,
    Integer cohorts,
    Integer devices,
    Integer rounds,
    Integer samples,
    Long fleetDevices,
    Integer withinRounds,
    Integer runs,
    Double learning,
    Noise noise,
    Delivery delivery,
    List<Change> changes) {
  /** A round is ten minutes. */
  static final int ROUND_MS = 600_000;

  static final int ROUNDS_PER_DAY = 144;

  /** The whole file. */
  record Catalogue(List<DriftScenario> scenarios) {}

  /**
   * What moves error rates, or hides them, without being a change; in logits unless said otherwise.
   *
   * @param sd between one device's reports
   * @param correlation of that noise from report to report, 0..1
   * @param cohortSd shared by a cohort's devices, per round
   * @param cohortCorrelation of that noise from round to round
   * @param day amplitude of the fleet's 24-hour swing
   * @param week amplitude of its weekly swing
   * @param alpha of the Beta distribution of the devices' error rates
   * @param beta of the same
   * @param feedback extra noise of a device at full update strength: its budget moves its accuracy
   * @param unlabelled no sample has a label
   */
  record Noise(
      Double sd,
      Double correlation,
      Double cohortSd,
      Double cohortCorrelation,
      Double day,
      Double week,
      Integer alpha,
      Integer beta,
      Double feedback,
      Boolean unlabelled) {
    static final Noise USUAL =
        new Noise(null, null, null, null, null, null, null, null, null, null);

    Noise {
      sd = or(sd, 0.1);
      correlation = or(correlation, 0.0);
      cohortSd = or(cohortSd, 0.0);
      cohortCorrelation = or(cohortCorrelation, 0.0);
      day = or(day, 0.0);
      week = or(week, 0.0);
      alpha = or(alpha, 8);
      beta = or(beta, 32);
      feedback = or(feedback, 0.0);
      unlabelled = or(unlabelled, false);
      between("noise.correlation", correlation, 0, 0.999);
      between("noise.cohortCorrelation", cohortCorrelation, 0, 0.999);
    }
  }

  /**
   * How evidence reaches a round.
   *
   * @param missing share of reports lost; counters are sums, so the next one carries the samples
   * @param delayed share of reports that arrive a round late, behind their successor or with it
   * @param burst lost reports come in runs of about so many
   * @param joins new devices per day, as a share of the cohort; as many leave
   * @param reboots share of device-rounds in which a device starts anew
   * @param reuse of the joining devices, the share that gets the id of one that left
   */
  record Delivery(
      Double missing, Double delayed, Integer burst, Double joins, Double reboots, Double reuse) {
    static final Delivery PERFECT = new Delivery(null, null, null, null, null, null);

    Delivery {
      missing = or(missing, 0.0);
      delayed = or(delayed, 0.0);
      burst = or(burst, 1);
      joins = or(joins, 0.0);
      reboots = or(reboots, 0.0);
      reuse = or(reuse, 0.0);
      between("delivery.missing", missing, 0, 0.99);
      between("delivery.delayed", delayed, 0, 0.99);
    }
  }

  /** How a change comes. */
  enum Shape {
    STEP,
    /** The rise grows linearly over {@code ramp} rounds. */
    RAMP,
    /** Each report is from the new world with a probability that grows over {@code ramp} rounds. */
    MIX
  }

  /** What a change does to a device's signals, besides its error rate. */
  enum Effect {
    /** Inputs, losses, gradients and confidence move with the errors; training helps. */
    WORLD,
    /** The model is another one: outputs move with the errors, inputs stay. */
    MODEL,
    /** Labels are wrong; the device is not. */
    LABELS,
    /** The sensor repeats one value. */
    STUCK,
    /** The sensor's mean is 6 standard deviations off. */
    OFFSET,
    /** The sensor's variance is 36 times what it was. */
    NOISE,
    /** Reports stay away: {@code size} is the share. */
    SILENCE,
    /** Quantised values hit the ends of their range. */
    SATURATION,
    /** The device spends {@code size} times its usual energy. */
    ENERGY
  }

  /**
   * @param at first round of it, in the first cohort
   * @param stagger so many rounds later in each following cohort
   * @param lasts rounds; absent = until the run ends
   * @param cohorts affected ones, the first so many; absent = all
   * @param share of a cohort's devices; absent with {@code count}
   * @param count of a cohort's devices; absent with {@code share}
   * @param batch the affected devices share a firmware attribute that no other device has
   * @param size rise of the error rate, or of what the effect says
   * @param kind what ought to be raised; absent = nothing
   * @param scope of that
   */
  record Change(
      Integer at,
      Integer stagger,
      Integer lasts,
      Integer cohorts,
      Double share,
      Integer count,
      Boolean batch,
      Shape shape,
      Integer ramp,
      Effect effect,
      Double size,
      AlertKind kind,
      AlertScope scope) {
    Change {
      at = or(at, 144);
      stagger = or(stagger, 0);
      lasts = or(lasts, Integer.MAX_VALUE / 2);
      cohorts = or(cohorts, Integer.MAX_VALUE);
      batch = or(batch, false);
      shape = or(shape, Shape.STEP);
      ramp = or(ramp, 1);
      effect = or(effect, Effect.WORLD);
      size = or(size, 0.0);
      if (share == null && count == null) {
        share = 1.0;
      }
      if (kind != null && scope == null) {
        throw new IllegalArgumentException(
            "scope is missing: a change that ought to be raised says whether as DEVICE, COHORT or"
                + " FLEET");
      }
    }

    int affected(int devices) {
      return Math.min(devices, count != null ? count : (int) Math.ceil(share * devices));
    }

    int start(int cohort) {
      return at + stagger * cohort;
    }

    /** The first round without it. */
    int end(int cohort) {
      return start(cohort) + lasts;
    }

    /** 0..1: how much of the change is there in a round. */
    double weight(int round, int cohort) {
      int since = round - start(cohort);
      if (since < 0 || since >= lasts) {
        return 0;
      }
      return shape == Shape.STEP ? 1 : Math.min(1.0, (since + 1.0) / ramp);
    }
  }

  DriftScenario {
    cohorts = or(cohorts, 6);
    devices = or(devices, 20);
    rounds = or(rounds, 220);
    samples = or(samples, 32);
    fleetDevices = or(fleetDevices, 100_000L);
    withinRounds = or(withinRounds, 60);
    runs = or(runs, Integer.MAX_VALUE);
    learning = or(learning, 0.0);
    noise = or(noise, Noise.USUAL);
    delivery = or(delivery, Delivery.PERFECT);
    changes = changes == null ? List.of() : changes;
    if (id == null || title == null) {
      throw new IllegalArgumentException("a scenario has an id and a title");
    }
    between(id + ".cohorts", cohorts, 1, 1000);
    between(id + ".devices", devices, 1, 100_000);
    between(id + ".rounds", rounds, 20, 100_000);
    between(id + ".learning", learning, 0, 1);
    between(id + ".samples", samples, 1, 10_000);
  }

  /** Rounds that scenarios of one kind of fleet have in common. */
  static final int START_ROUNDS = 140;

  /** Whether nothing tells this scenario from another one in its first {@link #START_ROUNDS}. */
  boolean sharesStart(DriftScenario other) {
    return startsQuietly()
        && other.startsQuietly()
        && cohorts.equals(other.cohorts)
        && devices.equals(other.devices)
        && samples.equals(other.samples)
        && fleetDevices.equals(other.fleetDevices)
        && noise.equals(other.noise)
        && delivery.equals(other.delivery);
  }

  private boolean startsQuietly() {
    boolean quiet = changes.stream().allMatch(c -> c.at() >= START_ROUNDS && !c.batch());
    return quiet && !changes.isEmpty() && rounds > START_ROUNDS && delivery.joins() == 0;
  }

  /** S5 of S5.10: the scenario of the protocol. */
  String family() {
    int dot = id.indexOf('.');
    return dot < 0 ? id : id.substring(0, dot);
  }

  private static <T> T or(T value, T otherwise) {
    return value == null ? otherwise : value;
  }

  private static void between(String what, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw new IllegalArgumentException(what + " " + value + " is not in " + low + ".." + high);
    }
  }
}
