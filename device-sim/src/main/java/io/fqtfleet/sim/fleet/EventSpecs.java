package io.fqtfleet.sim.fleet;

import io.fqtfleet.sim.signal.DriftProfile;
import io.fqtfleet.sim.signal.SensorFault;
import java.time.Duration;
import java.util.Objects;

/** What happens in a scenario, and when (since the fleet's start). */
public final class EventSpecs {
  static final Duration EVER = Duration.ofDays(3650);

  private EventSpecs() {}

  /**
   * A cohort's world changes.
   *
   * @param at when
   * @param cohort whose
   * @param to name of the new domain
   * @param profile abrupt, gradual, incremental, recurring or seasonal
   * @param over time of the change, or of one half period; needed unless abrupt
   */
  public record Drift(Duration at, String cohort, String to, DriftProfile profile, Duration over) {
    public Drift {
      profile = Objects.requireNonNullElse(profile, DriftProfile.ABRUPT);
      new Checks()
          .present("at", at)
          .present("cohort", cohort)
          .present("to", to)
          .that(
              profile == DriftProfile.ABRUPT || over != null && over.toMillis() > 0,
              "over is missing: a %s drift takes time",
              profile.name().toLowerCase(java.util.Locale.ROOT))
          .that(
              profile != DriftProfile.ABRUPT || over == null,
              "over = %s has no meaning for an abrupt drift; leave it out",
              over)
          .done();
      over = Objects.requireNonNullElse(over, Duration.ZERO);
    }
  }

  /**
   * A sensor breaks.
   *
   * @param at when
   * @param until when it is repaired; left out = never
   * @param cohort of the device
   * @param device number of the simulated device in its cohort, from 0
   * @param kind stuck, offset, noise or gain
   * @param magnitude in g (factor for gain), 0..100; what it means stands with each kind
   */
  public record Fault(
      Duration at,
      Duration until,
      String cohort,
      Integer device,
      SensorFault kind,
      Double magnitude) {
    public Fault {
      magnitude = Objects.requireNonNullElse(magnitude, 1.0);
      new Checks()
          .present("at", at)
          .present("cohort", cohort)
          .present("device", device)
          .present("kind", kind)
          .that(device == null || device >= 0, "device = %s is not 0 or more", device)
          .that(at == null || until == null || until.compareTo(at) > 0, "until is not after at")
          .range("magnitude", magnitude, 0, 100)
          .done();
      until = Objects.requireNonNullElse(until, EVER);
    }
  }

  /**
   * Labels go wrong.
   *
   * @param at when
   * @param until when they are right again; left out = never
   * @param cohort whose
   * @param device number of one simulated device; left out = all of the cohort
   * @param share of the labels that are wrong, 0..1
   */
  public record WrongLabels(
      Duration at, Duration until, String cohort, Integer device, Double share) {
    public WrongLabels {
      share = Objects.requireNonNullElse(share, 0.3);
      new Checks()
          .present("at", at)
          .present("cohort", cohort)
          .that(device == null || device >= 0, "device = %s is not 0 or more", device)
          .that(at == null || until == null || until.compareTo(at) > 0, "until is not after at")
          .range("share", share, 0, 1)
          .done();
      until = Objects.requireNonNullElse(until, EVER);
    }
  }
}
