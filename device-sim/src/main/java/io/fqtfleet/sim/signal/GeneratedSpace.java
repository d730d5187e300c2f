package io.fqtfleet.sim.signal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Domains of the generator. Tables are made once per domain and shared. Sources are made by one
 * thread, before the fleet starts.
 */
public final class GeneratedSpace implements SignalSpace {
  private final Map<String, BearingDomain> domains;
  private final List<BearingFault> faults = BearingFault.tenClasses();
  private final Map<BearingDomain, BearingVibration> prototypes = new HashMap<>();

  public GeneratedSpace(Map<String, BearingDomain> domains) {
    this.domains = new LinkedHashMap<>(domains);
  }

  @Override
  public List<String> classNames() {
    return faults.stream().map(BearingFault::label).toList();
  }

  @Override
  public List<String> domains() {
    return List.copyOf(domains.keySet());
  }

  @Override
  public SampleSource source(String domain, long seed, long firstIndex) {
    return prototype(named(domain)).withSeed(seed);
  }

  @Override
  public SampleSource training(String domain, long seed) {
    return prototype(named(domain)).withSeed(Chance.seed(seed, "training"));
  }

  @Override
  public List<SampleSource> between(String from, String to, int steps, long seed, long firstIndex) {
    List<SampleSource> stages = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      BearingDomain domain = named(from).towards(named(to), (double) i / (steps - 1));
      stages.add(prototype(domain).withSeed(seed));
    }
    return stages;
  }

  @Override
  public String identity() {
    return "bearing-vibration-1 " + domains;
  }

  private BearingVibration prototype(BearingDomain domain) {
    return prototypes.computeIfAbsent(domain, d -> new BearingVibration(0, faults, d));
  }

  private BearingDomain named(String domain) {
    BearingDomain found = domains.get(domain);
    if (found == null) {
      throw new IllegalArgumentException(
          "domain '" + domain + "' is not one of " + domains.keySet());
    }
    return found;
  }
}
