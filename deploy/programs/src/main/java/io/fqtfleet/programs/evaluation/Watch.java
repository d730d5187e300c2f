package io.fqtfleet.programs.evaluation;

import java.util.List;

/** A method under evaluation on one run: sees what arrives, says when an incident opens. */
interface Watch {
  /** One round of the whole fleet, a cohort after the other. */
  void round(int round, List<World.Round> cohorts);

  /**
   * A copy that goes on as this one would, without the alarms so far.
   *
   * @param world that the copy watches from now on
   */
  Watch fork(World world);

  /** All so far, in the order of their rounds. */
  List<Alarm> alarms();
}
