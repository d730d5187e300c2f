package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.Attribute;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.LayerCounters;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.streams.budget.Policies;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Devices as seen from Kafka: error counts drawn from a seed, training that helps where a budget
 * allows it, acknowledged versions. No signal, no network.
 */
public final class SyntheticFleet {
  /** One device. */
  public static final class Device {
    public final String id;

    /** What it is called in a story whose devices keep their names. */
    final String origin;

    public final String cohort;
    final Random random;
    double error;
    double healthyError;
    boolean learns = true;
    boolean stuck;
    int boot = 1;
    long sequence;
    long labelled;
    long correct;
    long trained;
    long inputCount;
    long inputSum;
    long inputSquareSum;
    long budgetVersion;
    BudgetTerms terms = Policies.DEFAULT.getQuiet();

    Device(String id, String cohort, double error, long seed) {
      this(id, id, cohort, error, seed);
    }

    Device(String id, String origin, String cohort, double error, long seed) {
      this.id = id;
      this.origin = origin;
      this.cohort = cohort;
      this.error = error;
      this.healthyError = error;
      this.random = new Random(seed);
    }

    public DeviceStatus status(boolean online) {
      return DeviceStatus.newBuilder()
          .setDevice(id)
          .setState(online ? DeviceState.ONLINE : DeviceState.OFFLINE)
          .setBootCounter(boot)
          .setBootNonce(boot * 31 + id.hashCode())
          .setFirmware("test")
          .setBoard("host")
          .setModelFingerprint(1)
          .setReportSchema(2)
          .setBudgetSchema(3)
          .setCohort(cohort)
          .setAttributes(List.<Attribute>of())
          .setLayerCount(2)
          .setFactoryTerms(Policies.DEFAULT.getQuiet())
          .setBudgetVersion(budgetVersion)
          .build();
    }

    /** Counts one interval and reports. */
    public TrainingReport report(int samples) {
      for (int i = 0; i < samples; i++) {
        labelled++;
        correct += random.nextDouble() >= error ? 1 : 0;
      }
      if (terms.getTraining()) {
        trained += samples / terms.getTrainEveryNth();
        if (learns && error > healthyError) {
          double strength = terms.getLambdaMaxPermille() / 1000.0 / terms.getTrainEveryNth();
          error -= (error - healthyError) * 0.25 * strength;
        }
      }
      int values = 512 * samples;
      inputCount += values;
      inputSum += stuck ? 77L * values : random.nextInt(100) - 50;
      inputSquareSum += stuck ? 77L * 77 * values : 1_000_000L * values + random.nextInt(1000);
      sequence++;
      return TrainingReport.newBuilder()
          .setDevice(id)
          .setBootCounter(boot)
          .setBootNonce(boot * 31 + id.hashCode())
          .setSequence(sequence)
          .setUptimeMs(sequence * 2000)
          .setLearntTimeMs(0)
          .setSamplesSeen(labelled)
          .setSamplesLabelled(labelled)
          .setSamplesCorrect(correct)
          .setSamplesTrained(trained)
          .setLossSum((labelled - correct) * 8000 + correct * 300)
          .setLossSquareSum(0)
          .setLossMin(10)
          .setLossMax(20_000)
          .setConfidenceSum(labelled * 30_000 - (labelled - correct) * 4_000)
          .setConfidenceSquareSum(0)
          .setInputCount(inputCount)
          .setInputSum(inputSum)
          .setInputSquareSum(inputSquareSum)
          .setInputMin(stuck ? 77 : -3000)
          .setInputMax(stuck ? 77 : 3000)
          .setFirstLayer(1)
          .setLayers(List.<LayerCounters>of())
          .setMacsForward(labelled * 2500)
          .setMacsBackward(trained * 4000)
          .setEnergyMicroJoule(labelled * 3 + trained * 5)
          .setBudgetVersion(budgetVersion)
          .build();
    }

    void reboot() {
      boot++;
      sequence = 0;
      labelled = 0;
      correct = 0;
      trained = 0;
      inputCount = 0;
      inputSum = 0;
      inputSquareSum = 0;
    }

    public void apply(UpdateBudget budget) {
      if (budget.getVersion() > budgetVersion) {
        budgetVersion = budget.getVersion();
        terms = budget.getTerms();
      }
    }
  }

  public final Map<String, Device> devices = new TreeMap<>();

  public SyntheticFleet(int cohorts, int perCohort, double error, long seed) {
    this(cohorts, perCohort, error, seed, UnaryOperator.identity());
  }

  /**
   * @param names of devices, of what they would be called
   */
  SyntheticFleet(int cohorts, int perCohort, double error, long seed, UnaryOperator<String> names) {
    Random random = new Random(seed);
    for (int c = 0; c < cohorts; c++) {
      for (int d = 0; d < perCohort; d++) {
        String id = "dev-%d-%02d".formatted(c, d);
        double own = error * (0.7 + 0.6 * random.nextDouble());
        String name = names.apply(id);
        devices.put(name, new Device(name, id, "line-" + c, own, random.nextLong()));
      }
    }
  }

  Device byOrigin(String origin) {
    return devices.values().stream().filter(d -> d.origin.equals(origin)).findAny().orElseThrow();
  }

  public List<Device> cohort(String cohort) {
    return new ArrayList<>(devices.values().stream().filter(d -> d.cohort.equals(cohort)).toList());
  }

  /** From now on the devices of a cohort err so often, until they learn. */
  public void drift(String cohort, double error) {
    cohort(cohort).forEach(d -> d.error = error);
  }
}
