package io.fqtfleet.sim.trace;

import io.fqtfleet.sim.device.SimDevice;
import io.fqtfleet.sim.fleet.CohortSpec;
import io.fqtfleet.sim.fleet.EventSpecs.Drift;
import io.fqtfleet.sim.fleet.EventSpecs.Fault;
import io.fqtfleet.sim.fleet.EventSpecs.WrongLabels;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.signal.Chance;
import io.fqtfleet.sim.signal.FaultySource;
import io.fqtfleet.sim.signal.LabelRule;
import io.fqtfleet.sim.signal.SampleSource;
import io.fqtfleet.sim.signal.SignalSpace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The situations of one cohort, each with its tape, and in which one a device is at a time. A
 * situation is a domain that is met with weights of another, a broken sensor, or wrong labels.
 *
 * <p>Simplifications against exact devices: a gradual, incremental or seasonal drift mixes steps of
 * the domains before and after; a device that meets a domain again after it has adapted to another
 * one begins with weights adapted to that one.
 */
final class Situations implements Story {
  private static final int WINDOWS_PER_STEP_MAX = 50;

  private final List<Tape> tapes = new ArrayList<>();
  private final List<Stretch> stretches = new ArrayList<>();
  private final List<Trouble> troubles = new ArrayList<>();
  private final long stepMs;

  /** A drift with the numbers of its situations: in the new domain, and back in the old one. */
  private record Stretch(Drift drift, int before, int there, int back) {}

  /** A fault or wrong labels; device -1 = all. */
  private record Trouble(long fromMs, long untilMs, int device, int situation) {}

  private Situations(long stepMs) {
    this.stepMs = stepMs;
  }

  /**
   * Records them; some 10,000 windows each.
   *
   * @param page factory weights
   */
  static Situations record(Scenario scenario, CohortSpec cohort, SignalSpace space, byte[] page) {
    long periodUs = SimDevice.periodUs(cohort.windowsPerSecond());
    long perReport = cohort.reportInterval().toMillis() * 1000 / periodUs;
    int windows = (int) Math.min(WINDOWS_PER_STEP_MAX, Math.max(1, perReport));
    Situations situations = new Situations(Math.max(1, windows * periodUs / 1000));
    new Recording(scenario, cohort, space, new TraceRecorder(windows, page)).into(situations, page);
    return situations;
  }

  /** The recording of one cohort. */
  private record Recording(
      Scenario scenario, CohortSpec cohort, SignalSpace space, TraceRecorder recorder) {
    void into(Situations all, byte[] page) {
      all.tapes.add(tape(page, cohort.domain(), null, null).tape());
      byte[] weights = page;
      String domain = cohort.domain();
      int now = 0;
      List<Drift> drifts =
          scenario.drifts().stream()
              .filter(d -> d.cohort().equals(cohort.name()))
              .sorted(Comparator.comparing(Drift::at))
              .toList();
      for (Drift drift : drifts) {
        TraceRecorder.Recorded there = tape(weights, drift.to(), null, null);
        all.tapes.add(there.tape());
        all.tapes.add(tape(there.adapted(), domain, null, null).tape());
        int last = all.tapes.size();
        all.stretches.add(new Stretch(drift, now, last - 2, last - 1));
        now = last - 2;
        weights = there.adapted();
        domain = drift.to();
      }
      for (Fault fault : scenario.faults()) {
        if (fault.cohort().equals(cohort.name())) {
          all.tapes.add(tape(page, domainAt(drifts, fault.at()), fault, null).tape());
          all.trouble(fault.at(), fault.until(), fault.device());
        }
      }
      for (WrongLabels wrong : scenario.wrongLabels()) {
        if (wrong.cohort().equals(cohort.name())) {
          all.tapes.add(tape(page, domainAt(drifts, wrong.at()), null, wrong).tape());
          all.trouble(wrong.at(), wrong.until(), wrong.device() == null ? -1 : wrong.device());
        }
      }
    }

    private String domainAt(List<Drift> drifts, Duration at) {
      String domain = cohort.domain();
      for (Drift drift : drifts) {
        domain = drift.at().compareTo(at) <= 0 ? drift.to() : domain;
      }
      return domain;
    }

    private TraceRecorder.Recorded tape(
        byte[] weights, String domain, Fault fault, WrongLabels wrong) {
      int classes = space.classNames().size();
      return recorder.record(
          weights,
          new TraceRecorder.Senses() {
            @Override
            public SampleSource source(int device) {
              SampleSource source = space.source(domain, seed(device), 0);
              return fault == null
                  ? source
                  : new FaultySource(
                      source, fault.kind(), fault.magnitude(), 0, Long.MAX_VALUE, seed(device));
            }

            @Override
            public LabelRule labels(int device) {
              double share = cohort.labelledShare();
              return wrong == null
                  ? LabelRule.right(seed(device), classes, share)
                  : new LabelRule(seed(device), classes, share, wrong.share(), 0, Long.MAX_VALUE);
            }
          });
    }

    private long seed(int device) {
      return Chance.seed(Chance.seed(scenario.seed(), cohort.name() + "/trace"), device);
    }
  }

  private void trouble(Duration from, Duration until, int device) {
    troubles.add(new Trouble(from.toMillis(), until.toMillis(), device, tapes.size() - 1));
  }

  @Override
  public int layers() {
    return CounterRow.layers(tapes.get(0).training()[0]);
  }

  @Override
  public int situations() {
    return tapes.size();
  }

  @Override
  public long durationMs(int number, int cursor) {
    return stepMs;
  }

  @Override
  public long[] calm(int situation, int number, double trained, int cursor) {
    return tapes.get(situation).frozen(trained, cursor);
  }

  @Override
  public long[] training(int situation, int number, double trained, int cursor) {
    return tapes.get(situation).training(trained, cursor);
  }

  @Override
  public int situation(long fleetMs, int device, float[] trained, double chance) {
    for (Trouble trouble : troubles) {
      boolean meant = trouble.device < 0 || trouble.device == device;
      if (meant && fleetMs >= trouble.fromMs && fleetMs < trouble.untilMs) {
        return trouble.situation;
      }
    }
    int situation = 0;
    for (Stretch stretch : stretches) {
      long since = fleetMs - stretch.drift.at().toMillis();
      if (since < 0) {
        break;
      }
      if (chance < shareOfNew(stretch.drift, since)) {
        situation = stretch.there;
      } else {
        boolean adapted = trained[stretch.there] * 2 > tapes.get(stretch.there).course();
        situation = adapted ? stretch.back : stretch.before;
      }
    }
    return situation;
  }

  private static double shareOfNew(Drift drift, long sinceMs) {
    double spans = (double) sinceMs / Math.max(1, drift.over().toMillis());
    return switch (drift.profile()) {
      case ABRUPT -> 1;
      case GRADUAL, INCREMENTAL -> spans;
      case RECURRING -> (long) spans % 2 == 0 ? 1 : 0;
      case SEASONAL -> 0.5 - 0.5 * StrictMath.cos(StrictMath.PI * spans);
    };
  }
}
