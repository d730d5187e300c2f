package io.fqtfleet.sim.fleet;

import io.fqtfleet.sim.signal.BearingDomain;
import io.fqtfleet.sim.signal.DataSetSource;
import io.fqtfleet.sim.signal.FileDataSet;
import java.util.Objects;

/**
 * A domain as a scenario writes it; a value that is left out is the reference domain's. The place
 * in a data set counts when the scenario runs on one instead of the generator.
 *
 * @param speedRpm shaft speed, 200..12000
 * @param load 0..1
 * @param resonanceHz first resonance, 300..5700
 * @param damping its damping ratio, 0.005..0.5
 * @param secondResonanceHz second resonance, 300..5700
 * @param secondShare its amplitude relative to the first, 0..2
 * @param gain of the transfer path, 0.01..20
 * @param noise deviation in g, 0..2
 * @param hum shaft harmonics in g, 0..2
 * @param dataSet where this domain is in a data set
 */
public record DomainSpec(
    Double speedRpm,
    Double load,
    Double resonanceHz,
    Double damping,
    Double secondResonanceHz,
    Double secondShare,
    Double gain,
    Double noise,
    Double hum,
    PlaceSpec dataSet) {
  /**
   * A place in a data set.
   *
   * @param domain its name in meta.json, or its number
   * @param channel 0 or more
   */
  public record PlaceSpec(String domain, Integer channel) {
    public PlaceSpec {
      channel = Objects.requireNonNullElse(channel, 0);
      new Checks()
          .present("domain", domain)
          .that(channel >= 0, "channel = %s is not 0 or more", channel)
          .done();
    }
  }

  public DomainSpec {
    bearing(speedRpm, load, resonanceHz, damping, secondResonanceHz, secondShare, gain, noise, hum);
  }

  /** The generator's domain. */
  BearingDomain bearing() {
    return bearing(
        speedRpm, load, resonanceHz, damping, secondResonanceHz, secondShare, gain, noise, hum);
  }

  private static BearingDomain bearing(
      Double speedRpm,
      Double load,
      Double resonanceHz,
      Double damping,
      Double secondResonanceHz,
      Double secondShare,
      Double gain,
      Double noise,
      Double hum) {
    BearingDomain reference = BearingDomain.reference();
    return new BearingDomain(
        Objects.requireNonNullElse(speedRpm, reference.speedRpm()),
        Objects.requireNonNullElse(load, reference.load()),
        Objects.requireNonNullElse(resonanceHz, reference.resonanceHz()),
        Objects.requireNonNullElse(damping, reference.damping()),
        Objects.requireNonNullElse(secondResonanceHz, reference.secondResonanceHz()),
        Objects.requireNonNullElse(secondShare, reference.secondShare()),
        Objects.requireNonNullElse(gain, reference.gain()),
        Objects.requireNonNullElse(noise, reference.noise()),
        Objects.requireNonNullElse(hum, reference.hum()));
  }

  /** The place in a data set. */
  DataSetSource.Place place(String name, FileDataSet set) {
    if (dataSet == null) {
      throw new IllegalArgumentException(
          "domain '%s' has no place in data set '%s': add dataSet: {domain: ..., channel: ...}"
              .formatted(name, set.name()));
    }
    int number = set.domainNames().indexOf(dataSet.domain());
    if (number < 0) {
      try {
        number = Integer.parseInt(dataSet.domain());
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "domain '%s': data set '%s' has no domain '%s'; it has %s"
                .formatted(name, set.name(), dataSet.domain(), set.domainNames()),
            e);
      }
    }
    return new DataSetSource.Place(number, dataSet.channel());
  }
}
