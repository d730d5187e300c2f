package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.evaluation.DriftScenario.Change;
import io.fqtfleet.programs.evaluation.DriftScenario.Delivery;
import io.fqtfleet.programs.evaluation.DriftScenario.Effect;
import io.fqtfleet.programs.evaluation.DriftScenario.Shape;
import io.fqtfleet.schemas.AlertScope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** A scenario's fleet, round by round; everything in it follows from the seed. */
final class World {
  /** Keeps streams of cohorts and of newcomers apart from those of the first devices. */
  private static final long COHORT_STREAM = 1_000_000_000L;

  private static final long NEWCOMER_STREAM = 2_000_000_000L;

  /** A report that arrives: what the device counted since the last one that did. */
  record Arrival(SimDevice device, Counts counts) {}

  /** A cohort's round: who reported, who was heard of for the first time, who left. */
  record Round(List<Arrival> arrivals, List<SimDevice> joined, List<String> left) {}

  /** A device's place in the fleet; its inhabitant may be replaced. */
  private static final class Seat {
    final int number;
    final Set<Change> changes = new LinkedHashSet<>();
    SimDevice device;
    boolean introduced;
    boolean inBurst;
    Counts waiting;

    /** The last report that stayed away is on its way. */
    boolean late;

    /** Reports that came behind their successor and that the cohort was not told of yet. */
    int dropped;

    String leaving;

    Seat(int number) {
      this.number = number;
    }

    /** Without changes: those are another scenario's. */
    Seat copy() {
      Seat copy = new Seat(number);
      copy.device = device.copy();
      copy.introduced = introduced;
      copy.inBurst = inBurst;
      copy.waiting = waiting;
      copy.late = late;
      copy.dropped = dropped;
      copy.leaving = leaving;
      return copy;
    }
  }

  private final DriftScenario scenario;
  private final long seed;
  private final List<List<Seat>> seats = new ArrayList<>();
  private final Chance[] cohortChance;
  private final double[] cohortWander;
  private final Map<String, SimDevice> devices = new HashMap<>();
  private final List<String> names = new ArrayList<>();
  private final List<Truth> truths = new ArrayList<>();
  private int joined;

  /**
   * @param order a permutation of the devices' names within their cohorts, by its seed; 0 = none
   */
  World(DriftScenario scenario, long seed, long order) {
    this.scenario = scenario;
    this.seed = seed;
    this.cohortChance = new Chance[scenario.cohorts()];
    this.cohortWander = new double[scenario.cohorts()];
    for (int c = 0; c < scenario.cohorts(); c++) {
      cohortChance[c] = new Chance(seed, COHORT_STREAM + c);
      cohortWander[c] = scenario.noise().cohortSd() * cohortChance[c].normal();
      seats.add(inhabit(c, order));
    }
    scenario.changes().forEach(this::assign);
  }

  /** What the other world becomes if another scenario's changes are to come. */
  private World(World other, DriftScenario next) {
    this.scenario = next;
    this.seed = other.seed;
    this.cohortWander = other.cohortWander.clone();
    this.cohortChance = new Chance[other.cohortChance.length];
    for (int c = 0; c < cohortChance.length; c++) {
      cohortChance[c] = other.cohortChance[c].copy();
      seats.add(new ArrayList<>(other.seats.get(c).stream().map(Seat::copy).toList()));
      seats.get(c).forEach(seat -> devices.put(seat.device.id, seat.device));
    }
    names.addAll(other.names);
    joined = other.joined;
    next.changes().forEach(this::assign);
  }

  /** A copy that goes on with a scenario that {@link DriftScenario#sharesStart} with this one's. */
  World fork(DriftScenario next) {
    return new World(this, next);
  }

  private List<Seat> inhabit(int cohort, long order) {
    List<Integer> labels = new ArrayList<>();
    for (int d = 0; d < scenario.devices(); d++) {
      labels.add(d);
    }
    if (order != 0) {
      Collections.shuffle(labels, new Random(order + cohort));
    }
    int batch = 0;
    for (Change change : scenario.changes()) {
      batch = change.batch() ? change.affected(scenario.devices()) : batch;
    }
    List<Seat> list = new ArrayList<>();
    for (int d = 0; d < scenario.devices(); d++) {
      Seat seat = new Seat(cohort * scenario.devices() + d);
      String id = "d%d-%05d".formatted(cohort, labels.get(d));
      names.add(id);
      settle(seat, id, cohort, d < batch, seat.number);
      list.add(seat);
    }
    return list;
  }

  private void settle(Seat seat, String id, int cohort, boolean batch, long stream) {
    Chance chance = new Chance(seed, stream);
    double p = chance.beta(scenario.noise().alpha(), scenario.noise().beta());
    seat.device = new SimDevice(id, cohort, batch, chance, scenario.noise(), p);
    seat.introduced = false;
    seat.waiting = null;
    seat.late = false;
    seat.dropped = 0;
    devices.put(id, seat.device);
  }

  /** The first devices of a cohort are the affected ones: their numbers mean nothing else. */
  private void assign(Change change) {
    Set<String> everywhere = new HashSet<>();
    for (int c = 0; c < Math.min(change.cohorts(), scenario.cohorts()); c++) {
      Set<String> affected = new HashSet<>();
      List<Seat> cohort = seats.get(c);
      for (int d = 0; d < change.affected(scenario.devices()); d++) {
        cohort.get(d).changes.add(change);
        affected.add(cohort.get(d).device.id);
      }
      if (change.kind() != null && change.scope() != AlertScope.FLEET) {
        truths.add(truth(change, c, affected));
      }
      everywhere.addAll(affected);
    }
    if (change.scope() == AlertScope.FLEET) {
      truths.add(truth(change, -1, everywhere));
    }
  }

  private Truth truth(Change change, int cohort, Set<String> affected) {
    int first = Math.max(0, cohort);
    int end = Math.min(scenario.rounds(), change.end(first));
    // A change that stays counts as over after the time in which it ought to be found.
    boolean stays = change.end(first) >= scenario.rounds();
    int until = stays ? scenario.rounds() : end + scenario.withinRounds();
    if (stays) {
      until = Math.min(until, change.start(first) + change.ramp() + scenario.withinRounds());
    }
    return new Truth(
        change.kind(), change.scope(), cohort, change.start(first), end, until, affected);
  }

  DriftScenario scenario() {
    return scenario;
  }

  List<Truth> truths() {
    return truths;
  }

  /** Of the devices that were there from the beginning, by their places. */
  List<String> names() {
    return names;
  }

  SimDevice device(String id) {
    return devices.get(id);
  }

  /** One round of a cohort; to be asked for in order, every cohort in every round. */
  Round round(int round, int cohort) {
    double rho = scenario.noise().cohortCorrelation();
    cohortWander[cohort] =
        rho * cohortWander[cohort]
            + Math.sqrt(1 - rho * rho)
                * scenario.noise().cohortSd()
                * cohortChance[cohort].normal();
    double common = season(round) + cohortWander[cohort];
    Round result = new Round(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (Seat seat : seats.get(cohort)) {
      replace(seat, cohort, result);
      count(seat, round, common, result);
    }
    return result;
  }

  private double season(int round) {
    double day = 2 * Math.PI * round / DriftScenario.ROUNDS_PER_DAY;
    return scenario.noise().day() * StrictMath.sin(day)
        + scenario.noise().week() * StrictMath.sin(day / 7);
  }

  /** Affected devices stay; the others come and go. */
  private void replace(Seat seat, int cohort, Round result) {
    Delivery rules = scenario.delivery();
    if (seat.leaving != null) {
      // It was announced as gone a round ago; now its successor comes, perhaps under its name.
      boolean reuse = seat.device.chance().uniform() < rules.reuse();
      String id = reuse ? seat.leaving : "d%d-n%04d".formatted(cohort, joined);
      joined++;
      devices.remove(seat.leaving);
      seat.leaving = null;
      settle(seat, id, cohort, false, NEWCOMER_STREAM + joined);
    } else if (rules.joins() > 0
        && seat.changes.isEmpty()
        && seat.device.chance().uniform() < rules.joins() / DriftScenario.ROUNDS_PER_DAY) {
      seat.leaving = seat.device.id;
      result.left.add(seat.leaving);
    }
  }

  private void count(Seat seat, int round, double common, Round result) {
    if (seat.leaving != null) {
      return;
    }
    SimDevice device = seat.device;
    if (!seat.introduced) {
      seat.introduced = true;
      result.joined.add(device);
    }
    Delivery rules = scenario.delivery();
    if (rules.reboots() > 0 && device.chance().uniform() < rules.reboots()) {
      device.boot++;
      device.sequence = 0;
      result.joined.add(device);
    }
    SimDevice.Forces forces = forces(seat, round);
    Counts counts = device.count(scenario.samples(), common, forces, scenario.learning());
    device.sequence++;
    if (!staysAway(seat, rules, forces)) {
      if (seat.waiting != null) {
        counts.add(seat.waiting);
        seat.waiting = null;
      }
      arrive(seat, counts, result);
      // The late one comes behind this one, which carries its counts and more: it is dropped.
      seat.dropped = seat.late ? 1 : 0;
      seat.late = false;
      return;
    }
    if (seat.late) {
      // It comes before its successor after all.
      arrive(seat, seat.waiting, result);
      seat.dropped = 0;
      seat.waiting = null;
    }
    if (seat.waiting != null) {
      counts.add(seat.waiting);
    }
    seat.waiting = counts;
    seat.late = isLate(seat, rules, forces);
  }

  private static void arrive(Seat seat, Counts counts, Round result) {
    counts.dropped = seat.dropped;
    result.arrivals.add(new Arrival(seat.device, counts));
  }

  /** Of a report that stays away: it comes in the next round. */
  private static boolean isLate(Seat seat, Delivery rules, SimDevice.Forces forces) {
    if (rules.delayed() == 0 || forces.silence > 0) {
      return false;
    }
    double away = 1 - (1 - rules.missing()) * (1 - rules.delayed());
    return seat.device.chance().uniform() < (1 - rules.missing()) * rules.delayed() / away;
  }

  private boolean staysAway(Seat seat, Delivery rules, SimDevice.Forces forces) {
    if (forces.silence > 0) {
      return seat.device.chance().uniform() < forces.silence;
    }
    double share = 1 - (1 - rules.missing()) * (1 - rules.delayed());
    if (share == 0) {
      return false;
    }
    // Two states with the given share of loss and mean length of its bursts.
    double leave = 1.0 / rules.burst();
    double enter = Math.min(1, leave * share / (1 - share));
    if (rules.burst() <= 1) {
      return seat.device.chance().uniform() < share;
    }
    double draw = seat.device.chance().uniform();
    seat.inBurst = seat.inBurst ? draw >= leave : draw < enter;
    return seat.inBurst;
  }

  private static SimDevice.Forces forces(Seat seat, int round) {
    SimDevice.Forces forces = new SimDevice.Forces();
    for (Change change : seat.changes) {
      double weight = change.weight(round, seat.device.cohort);
      if (weight > 0 && change.shape() == Shape.MIX) {
        weight = seat.device.chance().uniform() < weight ? 1 : 0;
      }
      if (weight > 0) {
        apply(change.effect(), weight * change.size(), forces);
      }
    }
    return forces;
  }

  private static void apply(Effect effect, double size, SimDevice.Forces forces) {
    switch (effect) {
      case WORLD -> {
        forces.rise += size;
        forces.world += size;
      }
      case MODEL -> forces.rise += size;
      case LABELS -> forces.mislabelled += size;
      case STUCK, OFFSET, NOISE -> {
        forces.flaw = effect;
        forces.rise += size;
      }
      case SILENCE -> forces.silence = size;
      case SATURATION -> {
        forces.saturation += 0.5 * size / 0.1;
        forces.rise += size;
      }
      case ENERGY -> forces.energyFactor = size;
      default -> throw new IllegalStateException("no such effect: " + effect);
    }
  }
}
