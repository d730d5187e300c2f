package io.fqtfleet.programs.proof;

import io.fqtfleet.sim.signal.BearingDomain;
import io.fqtfleet.sim.signal.DataSetSource.Place;
import io.fqtfleet.sim.signal.DataSetSpace;
import io.fqtfleet.sim.signal.FileDataSet;
import io.fqtfleet.sim.signal.GeneratedSpace;
import io.fqtfleet.sim.signal.SampleSource;
import io.fqtfleet.sim.signal.SignalSpace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * The worlds that cohorts live in and move between: of each cohort its home, the home under another
 * load, the home seen by a sensor in another place, and the home in the other season.
 *
 * @param spaces makes the space anew, because a space is used by one thread
 * @param between true if there are worlds between two worlds, so that a season can go by degrees
 */
record Worlds(String name, int cohorts, Supplier<SignalSpace> spaces, boolean between) {
  /** Below that the fleet has no median over its cohorts. */
  static final int COHORTS = 5;

  static String home(int cohort) {
    return "home-" + cohort;
  }

  static String loaded(int cohort) {
    return "loaded-" + cohort;
  }

  static String moved(int cohort) {
    return "moved-" + cohort;
  }

  static String season(int cohort) {
    return "season-" + cohort;
  }

  List<String> homes() {
    List<String> homes = new ArrayList<>();
    for (int c = 0; c < cohorts; c++) {
      homes.add(home(c));
    }
    return homes;
  }

  /** Generated bearings: machines that differ a little in speed and load. */
  static Worlds generated() {
    Map<String, BearingDomain> domains = new LinkedHashMap<>();
    for (int c = 0; c < COHORTS; c++) {
      BearingDomain home = bearing(1797 - 20.0 * c, 0.4 + 0.1 * c, 1, 1, 1);
      domains.put(home(c), home);
      // Speed falls under load, and the softer ring of the loaded bearing shifts both resonances.
      domains.put(loaded(c), bearing(home.speedRpm() * 0.91, home.load() + 0.2, 0.94, 0.93, 1));
      domains.put(moved(c), bearing(home.speedRpm(), home.load(), 0.88, 1.2, 0.7));
      domains.put(season(c), bearing(home.speedRpm() * 0.98, home.load(), 0.96, 0.96, 0.9));
    }
    return new Worlds("generated bearings", COHORTS, () -> new GeneratedSpace(domains), true);
  }

  private static BearingDomain bearing(
      double speedRpm, double load, double first, double second, double gain) {
    BearingDomain r = BearingDomain.reference();
    return new BearingDomain(
        speedRpm,
        load,
        r.resonanceHz() * first,
        r.damping(),
        r.secondResonanceHz() * second,
        r.secondShare(),
        r.gain() * gain,
        r.noise(),
        r.hum());
  }

  /**
   * A data set: all cohorts begin in its first domain and channel; another load is its last domain,
   * another place of the sensor its second channel (or its second domain), the other season its
   * middle domain.
   *
   * @throws IllegalArgumentException if devices cannot read it, or there is no second domain
   */
  static Worlds of(FileDataSet set) {
    if (!set.integers() || set.samples() != SampleSource.WINDOW) {
      throw new IllegalArgumentException(
          ("data set '%s' has windows of %d %s samples; devices take %d int16 samples: cut its"
                  + " recordings into such windows")
              .formatted(
                  set.name(),
                  set.samples(),
                  set.integers() ? "int16" : "float32",
                  SampleSource.WINDOW));
    }
    TreeSet<Integer> found = new TreeSet<>();
    for (int row = 0; row < set.windows(); row++) {
      found.add(set.domain(row));
    }
    if (found.size() < 2) {
      throw new IllegalArgumentException(
          "data set '%s' has one domain, so nothing in it changes; give one with two or more"
              .formatted(set.name()));
    }
    List<Integer> domains = List.copyOf(found);
    Place home = new Place(domains.get(0), 0);
    Place second = new Place(domains.get(1), 0);
    Map<String, Place> places = new LinkedHashMap<>();
    for (int c = 0; c < COHORTS; c++) {
      places.put(home(c), home);
      places.put(loaded(c), new Place(domains.get(domains.size() - 1), 0));
      places.put(moved(c), set.channels() > 1 ? new Place(home.domain(), 1) : second);
      places.put(season(c), second);
    }
    return new Worlds(set.name(), COHORTS, () -> new DataSetSpace(set, places), false);
  }
}
