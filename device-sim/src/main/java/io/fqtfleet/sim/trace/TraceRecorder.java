package io.fqtfleet.sim.trace;

import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WeightsAction;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.sim.device.ModelPage;
import io.fqtfleet.sim.device.NativeAgent;
import io.fqtfleet.sim.device.ProvisioningPage;
import io.fqtfleet.sim.signal.LabelRule;
import io.fqtfleet.sim.signal.SampleSource;
import java.util.List;

/**
 * Makes a {@link Tape}: a few exact devices live through one situation on the firmware's core, as
 * fast as the machine allows, alternately frozen and fully trained.
 */
final class TraceRecorder {
  /** Trained windows by which most of a drift is learnt (README of this module). */
  private static final int[] STAGES = {0, 60, 120, 240, 480};

  private static final int FROZEN_STEPS = 30;
  private static final int DEVICES = 3;
  private static final String NAME = "recorder";
  private static final byte[] KEY = new byte[BudgetSignature.KEY_BYTES];
  private static final int UNLIMITED_MILLI_JOULE = 1_000_000;
  private static final int LEARNING_RATE = 10_486;
  private static final int BATCH = 8;

  private final WireCodec<TrainingReport> reports = WireCodec.of(TrainingReport.class);
  private final WireCodec<UpdateBudget> budgets = WireCodec.of(UpdateBudget.class);
  private final int windowsPerStep;
  private final int layers;

  /**
   * @param page factory weights of the model
   */
  TraceRecorder(int windowsPerStep, byte[] page) {
    this.windowsPerStep = windowsPerStep;
    this.layers = ModelPage.of(page).layers();
  }

  /** What one device senses. */
  interface Senses {
    SampleSource source(int device);

    LabelRule labels(int device);
  }

  /** A tape, and the weights of its first device at the end. */
  record Recorded(Tape tape, byte[] adapted) {}

  Recorded record(byte[] weights, Senses senses) {
    int courseSteps = Math.max(1, STAGES[STAGES.length - 1] / windowsPerStep);
    long[][][] frozen = new long[STAGES.length][DEVICES * FROZEN_STEPS][];
    long[][] training = new long[DEVICES * courseSteps][];
    byte[] adapted = weights;
    for (int d = 0; d < DEVICES; d++) {
      try (Course course = new Course(weights, senses.source(d), senses.labels(d))) {
        int step = 0;
        for (int stage = 0; stage < STAGES.length; stage++) {
          course.train(true);
          for (; step < courseSteps && step * windowsPerStep < STAGES[stage]; step++) {
            training[d * courseSteps + step] = course.step((long) step * windowsPerStep);
          }
          course.train(false);
          // The same windows at every stage: what changes from one to the next is the device. With
          // other windows their chance would move a whole cohort at once, as a drift does.
          for (int i = 0; i < FROZEN_STEPS; i++) {
            long window = (long) (courseSteps + i) * windowsPerStep;
            frozen[stage][d * FROZEN_STEPS + i] = course.step(window);
          }
        }
        course.train(true);
        for (; step < courseSteps; step++) {
          training[d * courseSteps + step] = course.step((long) step * windowsPerStep);
        }
        adapted = d == 0 ? course.agent.exportModel() : adapted;
      }
    }
    return new Recorded(
        new Tape(frozen, STAGES.clone(), training, courseSteps, windowsPerStep), adapted);
  }

  /** One exact device on its way. */
  private final class Course implements AutoCloseable {
    private final NativeAgent agent;
    private final SampleSource source;
    private final LabelRule labels;
    private final short[] samples = new short[windowsPerStep * SampleSource.WINDOW];
    private long[] last;
    private long window;
    private long version;

    Course(byte[] weights, SampleSource source, LabelRule labels) {
      ProvisioningPage page =
          new ProvisioningPage(NAME, NAME, "host", 1, KEY, List.of(), terms(false));
      this.agent = NativeAgent.open(page.toBytes(), weights, 1, 1);
      this.source = source;
      this.labels = labels;
      this.last = counters();
    }

    /** Its time: a millisecond per window, which no counter depends on but the energy bucket. */
    private long[] counters() {
      try {
        return CounterRow.of(reports.decode(agent.report(window)), layers);
      } catch (WireException e) {
        throw new IllegalStateException("the firmware's core wrote an unreadable report", e);
      }
    }

    void train(boolean on) {
      UpdateBudget budget =
          UpdateBudget.newBuilder()
              .setDevice(NAME)
              .setVersion(++version)
              .setPolicyVersion(0)
              .setIssuedAtMs(1)
              .setTerms(terms(on))
              .setResetErrorMax(false)
              .setWeights(WeightsAction.KEEP)
              .setTimeToLiveS(0)
              .setOnExpiry(ExpiryAction.FREEZE)
              .setReason(ReasonCode.INITIAL)
              .build();
      String topic = Topics.budget(NAME);
      agent.budget(topic, BudgetSignature.sign(topic, budgets.encode(budget), 1, KEY), window);
    }

    /** The source's windows from this one on. */
    long[] step(long first) {
      byte[] given = new byte[windowsPerStep];
      for (int i = 0; i < windowsPerStep; i++) {
        int trueClass = source.window(first + i, samples, i * SampleSource.WINDOW);
        given[i] = labels.label(first + i, trueClass);
      }
      agent.windows(samples, given, window + 1, 1);
      window += windowsPerStep;
      long[] now = counters();
      long[] step = CounterRow.difference(now, last);
      last = now;
      return step;
    }

    @Override
    public void close() {
      agent.close();
    }
  }

  private static BudgetTerms terms(boolean training) {
    return BudgetTerms.newBuilder()
        .setTraining(training)
        .setLambdaMinPermille(1000)
        .setLambdaMaxPermille(1000)
        .setFirstTrainableLayer(0)
        .setLearningRate(LEARNING_RATE)
        .setBatchSize(BATCH)
        .setTrainEveryNth(1)
        .setPseudoLabelPermille(0)
        .setEnergyCapacityMilliJoule(UNLIMITED_MILLI_JOULE)
        .setEnergyRefillMilliJoulePerHour(UNLIMITED_MILLI_JOULE)
        .setReportIntervalMs(1000)
        .build();
  }
}
