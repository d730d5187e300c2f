package io.fqtfleet.sim.fleet;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** What is done to trace devices and their connections, and when (since the fleet's start). */
public final class LoadSpecs {
  private static final Duration LONGEST = Duration.ofDays(365);

  private LoadSpecs() {}

  /**
   * A part of the run.
   *
   * @param name shown in reports
   * @param lasts its length, 1s..365d
   * @param rate reports per second of all trace devices together at its end, 0..1000000; left out =
   *     each device keeps the interval of its budget
   * @param fromRate at its start; left out = rate
   * @param connected share of the trace devices that are connected at its end, 0..1, reached
   *     linearly; left out = as before (1 from the start)
   */
  public record PhaseSpec(
      String name, Duration lasts, Double rate, Double fromRate, Double connected) {
    public PhaseSpec {
      Checks checks = new Checks().present("name", name).present("lasts", lasts);
      if (lasts != null) {
        checks.range("lasts", lasts, Duration.ofSeconds(1), LONGEST);
      }
      checks
          .range("rate", Objects.requireNonNullElse(rate, 0.0), 0, 1_000_000)
          .range("fromRate", Objects.requireNonNullElse(fromRate, 0.0), 0, 1_000_000)
          .that(
              rate != null || fromRate == null,
              "fromRate = %s contradicts a phase without rate; add rate",
              fromRate)
          .range("connected", Objects.requireNonNullElse(connected, 1.0), 0, 1)
          .done();
      fromRate = fromRate == null ? rate : fromRate;
    }

    static Duration total(List<PhaseSpec> phases) {
      return phases.stream().map(PhaseSpec::lasts).reduce(Duration.ZERO, Duration::plus);
    }
  }

  /**
   * How trace devices connect.
   *
   * @param perSecond new connections, 1..100000
   * @param devicesPerConnection 1 = each device has its own; more = they share, up to 64
   *     connections
   */
  public record ConnectSpec(Integer perSecond, Integer devicesPerConnection) {
    public ConnectSpec {
      perSecond = Objects.requireNonNullElse(perSecond, 1000);
      devicesPerConnection = Objects.requireNonNullElse(devicesPerConnection, 1);
      new Checks()
          .range("perSecond", perSecond, 1, 100_000)
          .range("devicesPerConnection", devicesPerConnection, 1, 1_000_000)
          .done();
    }
  }

  /**
   * Connections break together and come back together.
   *
   * @param at when they break
   * @param cohort whose; left out = all trace devices
   * @param share of the devices, 0..1
   * @param downFor until they come back
   */
  public record Storm(Duration at, String cohort, Double share, Duration downFor) {
    public Storm {
      share = Objects.requireNonNullElse(share, 1.0);
      downFor = Objects.requireNonNullElse(downFor, Duration.ofSeconds(5));
      new Checks()
          .present("at", at)
          .range("share", share, 0, 1)
          .range("downFor", downFor, Duration.ofMillis(100), LONGEST)
          .done();
    }
  }

  /**
   * Devices come and go, each on its own, with exponential times.
   *
   * @param cohort whose; left out = all trace devices
   * @param online mean time connected
   * @param offline mean time away
   * @param restarts true = a device that comes back has rebooted: its counters begin anew
   */
  public record Churn(String cohort, Duration online, Duration offline, Boolean restarts) {
    public Churn {
      online = Objects.requireNonNullElse(online, Duration.ofMinutes(1));
      offline = Objects.requireNonNullElse(offline, Duration.ofSeconds(10));
      restarts = Objects.requireNonNullElse(restarts, false);
      new Checks()
          .range("online", online, Duration.ofSeconds(1), LONGEST)
          .range("offline", offline, Duration.ofSeconds(1), LONGEST)
          .done();
    }
  }

  /**
   * Clocks run wrong.
   *
   * @param cohort whose; left out = all trace devices
   * @param share of the devices, 0..1
   * @param ppm by which they run fast (or slow, below 0), -100000..100000
   */
  public record SkewedClock(String cohort, Double share, Double ppm) {
    public SkewedClock {
      share = Objects.requireNonNullElse(share, 1.0);
      new Checks()
          .present("ppm", ppm)
          .range("share", share, 0, 1)
          .range("ppm", Objects.requireNonNullElse(ppm, 0.0), -100_000, 100_000)
          .done();
    }
  }

  /**
   * New firmware: each device reboots once.
   *
   * @param at when the first one does
   * @param over time until the last one has
   * @param cohort whose; left out = all trace devices
   * @param firmware version of the new one
   * @param writes schema of its reports: current, or previous (without the counter of throttled
   *     windows); before the rollout its devices write the other one
   */
  public record FirmwareRollout(
      Duration at, Duration over, String cohort, String firmware, ReportSchema writes) {
    public FirmwareRollout {
      over = Objects.requireNonNullElse(over, Duration.ofSeconds(30));
      firmware = Objects.requireNonNullElse(firmware, "2.0.0");
      writes = Objects.requireNonNullElse(writes, ReportSchema.CURRENT);
      new Checks()
          .present("at", at)
          .range("over", over, Duration.ofMillis(1), LONGEST)
          .that(firmware.length() <= 32, "firmware = '%s' is longer than 32", firmware)
          .done();
    }
  }

  /** Which schema a firmware writes. */
  public enum ReportSchema {
    CURRENT,
    PREVIOUS
  }
}
