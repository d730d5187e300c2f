package io.fqtfleet.sim.signal;

import io.fqtfleet.sim.signal.BearingFault.Part;
import java.util.List;

/**
 * Vibration of a rolling-element bearing at 12 kHz, by the usual signal model (Randall and Antoni,
 * MSSP 25, 2011; McFadden and Smith, 1984): a train of impulses at the rate at which the fault is
 * struck, with random slip; each strike weighted by the load it is under (Stribeck), passed through
 * the resonances of the transfer path; shaft harmonics and a noise floor. A spall gives two
 * strikes, on entry and on exit, apart by the time a ball needs to cross it (Sawalhi and Randall,
 * MSSP 25, 2011), which is how its width shows.
 *
 * <p>Each window is a snapshot at a random shaft angle. About 10 us of one core per window.
 */
public final class BearingVibration implements SampleSource {
  public static final double SAMPLE_RATE_HZ = 12_000;

  /** int16 counts per g: full scale 8 g, as in the public data sets stored by 1/4096 g. */
  public static final double COUNTS_PER_G = 4096;

  private static final BearingGeometry GEOMETRY = BearingGeometry.SKF_6205;

  /** Deviation of a strike's interval, as a share of the interval. */
  private static final double SLIP = 0.012;

  /** Deviation of a strike's amplitude, as a share of it. */
  private static final double STRIKE_SPREAD = 0.15;

  /** Deviation of the shaft speed from one window to the next, as a share of it. */
  private static final double SPEED_SPREAD = 0.003;

  /** Load on a ball outside the load zone: it is still pressed against the outer race. */
  private static final double CENTRIFUGAL_SHARE = 0.3;

  /** Bound on the impulses of one window: 12,000 rpm and the fastest order give about 60. */
  private static final int STRIKES_MAX = 400;

  private static final int SINE_STEPS = 1024;
  private static final float[] SINE = new float[SINE_STEPS];

  static {
    for (int i = 0; i < SINE_STEPS; i++) {
      SINE[i] = (float) StrictMath.sin(2 * StrictMath.PI * i / SINE_STEPS);
    }
  }

  private final List<BearingFault> faults;
  private final BearingDomain domain;
  private final ImpulseResponse response;
  private final long seed;
  private final double unitGain;
  private final double unitSpeed;
  private final ClassSequence sequence;
  private final Chance chance = new Chance(0);
  private final float[] g = new float[WINDOW];

  /**
   * @param seed of this device's sensor: its place in the class sequence, its noise, and its small
   *     unit-to-unit differences in gain and speed
   */
  public BearingVibration(long seed, List<BearingFault> faults, BearingDomain domain) {
    this(seed, faults, domain, new ImpulseResponse(domain, SAMPLE_RATE_HZ));
  }

  private BearingVibration(
      long seed, List<BearingFault> faults, BearingDomain domain, ImpulseResponse response) {
    this.faults = List.copyOf(faults);
    this.domain = domain;
    this.response = response;
    this.seed = Chance.seed(seed, "bearing");
    Chance unit = new Chance(Chance.seed(seed, "unit"));
    this.unitGain = 1 + 0.04 * unit.bell();
    this.unitSpeed = 1 + 0.004 * unit.bell();
    this.sequence = new ClassSequence(seed, faults.size());
  }

  /** Another device of the same domain; shares the tables. */
  public BearingVibration withSeed(long otherSeed) {
    return new BearingVibration(otherSeed, faults, domain, response);
  }

  @Override
  public int classes() {
    return faults.size();
  }

  @Override
  public int window(long index, short[] out, int offset) {
    int label = sequence.classAt(index);
    chance.restart(Chance.seed(seed, index));
    addNoise();
    double shaftHz = domain.speedRpm() / 60 * unitSpeed * (1 + SPEED_SPREAD * chance.bell());
    addHum(shaftHz);
    addStrikes(faults.get(label), shaftHz);
    double scale = COUNTS_PER_G * unitGain;
    for (int i = 0; i < WINDOW; i++) {
      out[offset + i] = saturate(g[i] * scale);
    }
    return label;
  }

  static short saturate(double value) {
    return (short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, Math.rint(value)));
  }

  private void addNoise() {
    for (int i = 0; i < WINDOW; i++) {
      g[i] = (float) (domain.noise() * chance.bell());
    }
  }

  /** Imbalance and misalignment: the first three multiples of the shaft rate, falling as 1/n. */
  private void addHum(double shaftHz) {
    double angle = chance.uniform();
    for (int harmonic = 1; harmonic <= 3; harmonic++) {
      float amplitude = (float) (domain.hum() / harmonic);
      double step = harmonic * shaftHz / SAMPLE_RATE_HZ * SINE_STEPS;
      double phase = harmonic * angle * SINE_STEPS;
      for (int i = 0; i < WINDOW; i++) {
        g[i] += amplitude * SINE[(int) (phase + i * step) & SINE_STEPS - 1];
      }
    }
  }

  private void addStrikes(BearingFault fault, double shaftHz) {
    if (fault.part() == Part.NONE) {
      return;
    }
    double samplesPerTurn = SAMPLE_RATE_HZ / shaftHz;
    double interval = samplesPerTurn / strikesPerTurn(fault.part());
    double crossing = fault.widthMm() / GEOMETRY.contactMmPerTurn() * samplesPerTurn;
    double phase = chance.uniform();
    double at = -response.samples() - crossing - chance.uniform() * interval;
    for (int n = 0; n < STRIKES_MAX && at < WINDOW; n++) {
      double loaded = underLoad(fault.part(), phase + at / samplesPerTurn);
      double amplitude = strength(fault) * loaded * Math.max(0, 1 + STRIKE_SPREAD * chance.bell());
      if (amplitude > 0) {
        response.add(at, (float) (-0.5 * amplitude), g);
        response.add(at + crossing, (float) amplitude, g);
      }
      at += interval * (1 + SLIP * chance.bell());
    }
  }

  private static double strikesPerTurn(Part part) {
    return switch (part) {
      case INNER_RACE -> GEOMETRY.innerRaceOrder();
      case OUTER_RACE -> GEOMETRY.outerRaceOrder();
      case BALL -> GEOMETRY.ballOrder();
      case NONE -> 0;
    };
  }

  /** Peak of a strike in g: grows with the spall's width and the load. */
  private double strength(BearingFault fault) {
    double onBall = fault.part() == Part.BALL ? 0.7 : 1;
    return onBall * 1.6 * (fault.widthMm() / 0.356) * (0.5 + domain.load());
  }

  /**
   * Stribeck's load over the race, (1 - (1 - cos a) / (2 e))^1.5, at the angle a of the fault: the
   * inner race carries it round with the shaft, a ball with the cage, the outer race stands in the
   * middle of the zone. The zone opens (e) with the load.
   */
  private double underLoad(Part part, double turns) {
    double angle =
        switch (part) {
          case INNER_RACE -> turns;
          case BALL -> turns * GEOMETRY.cageOrder();
          case OUTER_RACE, NONE -> 0;
        };
    double zone = 0.3 + 0.5 * domain.load();
    double cosine = SINE[(int) ((angle - Math.floor(angle) + 0.25) * SINE_STEPS) & SINE_STEPS - 1];
    double share = Math.max(0, 1 - (1 - cosine) / (2 * zone));
    double floor = part == Part.BALL ? CENTRIFUGAL_SHARE : 0;
    return Math.max(floor, share * Math.sqrt(share));
  }
}
