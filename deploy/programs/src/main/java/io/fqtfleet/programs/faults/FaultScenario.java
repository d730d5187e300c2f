package io.fqtfleet.programs.faults;

/**
 * One fault.
 *
 * @param name on the command line and in the table
 * @param what happens, for a person
 * @param shape of the stage that it needs
 * @param keeps true if the MQTT broker keeps what it acknowledged: then nothing may be lost
 * @param act from the healthy system to the healed one
 */
record FaultScenario(String name, String what, Shape shape, boolean keeps, Act act) {
  /** Breaks something, holds it, heals it: {@link FaultRun#healed} is the last call. */
  interface Act {
    void on(Stage stage, FaultRun run) throws InterruptedException;
  }

  /** What must be small: a scenario may fill the disk of one of them. */
  enum SmallDisk {
    NONE,
    KAFKA,
    BROKER
  }

  /**
   * What is set up.
   *
   * @param streams the topology runs too, and its alerts are read
   * @param steppedClock the gateway's clock is a false one
   */
  record Shape(
      int kafkaNodes, int gateways, boolean streams, SmallDisk smallDisk, boolean steppedClock) {
    static final Shape USUAL = new Shape(1, 1, false, SmallDisk.NONE, false);

    Shape nodes(int count) {
      return new Shape(count, gateways, streams, smallDisk, steppedClock);
    }

    Shape gateways(int count) {
      return new Shape(kafkaNodes, count, streams, smallDisk, steppedClock);
    }

    Shape withStreams() {
      return new Shape(kafkaNodes, gateways, true, smallDisk, steppedClock);
    }

    Shape small(SmallDisk disk) {
      return new Shape(kafkaNodes, gateways, streams, disk, steppedClock);
    }

    Shape falseClock() {
      return new Shape(kafkaNodes, gateways, streams, smallDisk, true);
    }
  }

  FaultScenario(String name, String what, Act act) {
    this(name, what, Shape.USUAL, true, act);
  }
}
