package io.fqtfleet.sim.signal;

import io.fqtfleet.sim.signal.DataSetSource.Place;
import io.fqtfleet.sim.signal.DataSetSource.Split;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Domains of a scenario that are places in a data set. */
public final class DataSetSpace implements SignalSpace {
  private final FileDataSet set;
  private final Map<String, Place> places;

  public DataSetSpace(FileDataSet set, Map<String, Place> places) {
    this.set = set;
    this.places = new LinkedHashMap<>(places);
  }

  @Override
  public List<String> classNames() {
    return set.classNames();
  }

  @Override
  public List<String> domains() {
    return List.copyOf(places.keySet());
  }

  @Override
  public SampleSource source(String domain, long seed, long firstIndex) {
    return new DataSetSource(set, named(domain), Split.STREAM, seed, firstIndex);
  }

  @Override
  public SampleSource training(String domain, long seed) {
    return new DataSetSource(set, named(domain), Split.TRAINING, seed, 0);
  }

  @Override
  public List<SampleSource> between(String from, String to, int steps, long seed, long firstIndex) {
    throw new IllegalArgumentException(
        "nothing lies between '%s' and '%s': incremental drift needs the generator; use abrupt, "
                .formatted(from, to)
            + "gradual or recurring with a data set");
  }

  @Override
  public String identity() {
    return "data set " + set.checksum() + " " + places;
  }

  private Place named(String domain) {
    Place place = places.get(domain);
    if (place == null) {
      throw new IllegalArgumentException(
          "domain '" + domain + "' is not one of " + places.keySet());
    }
    return place;
  }
}
