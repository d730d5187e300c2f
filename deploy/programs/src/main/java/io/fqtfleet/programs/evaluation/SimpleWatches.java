package io.fqtfleet.programs.evaluation;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Methods without a detector: what any detector has to be better than. */
final class SimpleWatches {
  /** Rounds between the alarms of PERIODIC: once a day for each cohort. */
  static final int PERIOD = DriftScenario.ROUNDS_PER_DAY;

  private SimpleWatches() {}

  /** Never says anything. */
  static final class None implements Watch {
    @Override
    public void round(int round, List<World.Round> cohorts) {}

    @Override
    public Watch fork(World world) {
      return this;
    }

    @Override
    public List<Alarm> alarms() {
      return List.of();
    }
  }

  /** Says once a day of every cohort that its world changed. */
  static final class Periodic implements Watch {
    private final List<Alarm> alarms = new ArrayList<>();

    @Override
    public void round(int round, List<World.Round> cohorts) {
      if ((round + 1) % PERIOD == 0) {
        for (int c = 0; c < cohorts.size(); c++) {
          alarms.add(
              new Alarm(
                  round, AlertScope.COHORT, c, "", AlertKind.DOMAIN_DRIFT, round - PERIOD, false));
        }
      }
    }

    @Override
    public Watch fork(World world) {
      return new Periodic();
    }

    @Override
    public List<Alarm> alarms() {
      return alarms;
    }
  }

  /** Knows everything: what is raised in the first round of each change. */
  static final class Oracle implements Watch {
    private final List<Alarm> alarms;

    Oracle(List<Truth> truths) {
      alarms =
          truths.stream()
              .map(
                  t ->
                      new Alarm(
                          t.onset(),
                          t.scope(),
                          t.cohort(),
                          t.scope() == AlertScope.DEVICE ? t.devices().iterator().next() : "",
                          t.kind(),
                          t.onset(),
                          false))
              .sorted(Comparator.comparingInt(Alarm::round))
              .toList();
    }

    @Override
    public void round(int round, List<World.Round> cohorts) {}

    @Override
    public Watch fork(World world) {
      return new Oracle(world.truths());
    }

    @Override
    public List<Alarm> alarms() {
      return alarms;
    }
  }
}
