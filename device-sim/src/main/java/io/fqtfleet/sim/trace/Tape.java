package io.fqtfleet.sim.trace;

/**
 * What devices report in one situation: while they do not train, at several stages of having
 * adapted to it, and while they train, from the first window on. Shared by all devices.
 *
 * @param frozen per stage some steps; each is a difference of counters
 * @param trainedAtStage windows trained on by each stage, from 0 up
 * @param training the steps of full training, several devices' courses one after the other
 * @param courseSteps steps of one course
 * @param windowsPerStep windows of every step
 */
record Tape(
    long[][][] frozen,
    int[] trainedAtStage,
    long[][] training,
    int courseSteps,
    int windowsPerStep) {
  /** Steps at a course's end that repeat once a device is through it. */
  private static final int LOOP = 12;

  long[] frozen(double trainedWindows, int cursor) {
    int stage = 0;
    while (stage + 1 < trainedAtStage.length && trainedAtStage[stage + 1] <= trainedWindows) {
      stage++;
    }
    return frozen[stage][Math.floorMod(cursor, frozen[stage].length)];
  }

  long[] training(double trainedWindows, int cursor) {
    int courses = training.length / courseSteps;
    int course = Math.floorMod(cursor, courses) * courseSteps;
    int step = (int) (trainedWindows / windowsPerStep);
    if (step >= courseSteps) {
      int loop = Math.min(LOOP, courseSteps);
      step = courseSteps - loop + Math.floorMod(cursor / courses, loop);
    }
    return training[course + step];
  }

  /** Windows of training after which nothing changes any more. */
  int course() {
    return courseSteps * windowsPerStep;
  }
}
