package io.fqtfleet.schemas;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Records with typical, extreme and seeded random content. */
final class Samples {
  private Samples() {}

  static BudgetTerms quietTerms() {
    return BudgetTerms.newBuilder()
        .setTraining(true)
        .setLambdaMinPermille(50)
        .setLambdaMaxPermille(200)
        .setFirstTrainableLayer(1)
        .setLearningRate(5243)
        .setBatchSize(16)
        .setTrainEveryNth(4)
        .setPseudoLabelPermille(0)
        .setEnergyCapacityMilliJoule(500)
        .setEnergyRefillMilliJoulePerHour(50)
        .setReportIntervalMs(2000)
        .build();
  }

  static UpdateBudget budget(String device, long version) {
    return UpdateBudget.newBuilder()
        .setDevice(device)
        .setVersion(version)
        .setPolicyVersion(3)
        .setIssuedAtMs(1_795_000_000_000L)
        .setTerms(quietTerms())
        .setResetErrorMax(true)
        .setWeights(WeightsAction.LAST_GOOD)
        .setTimeToLiveS(3600)
        .setOnExpiry(ExpiryAction.FACTORY)
        .setReason(ReasonCode.DOMAIN_DRIFT)
        .build();
  }

  static BudgetAck ack() {
    return BudgetAck.newBuilder()
        .setDevice("press-7")
        .setBootCounter(3)
        .setBootNonce(-1_234_567)
        .setUptimeMs(90_000)
        .setAnsweredVersion(12)
        .setOutcome(AckOutcome.REFUSED)
        .setRefusal(RefusalReason.OUT_OF_RANGE)
        .setField("lambdaMinPermille")
        .setVersionInForce(11)
        .setTermsInForce(quietTerms())
        .build();
  }

  static DeviceStatus status() {
    return DeviceStatus.newBuilder()
        .setDevice("press-7")
        .setState(DeviceState.ONLINE)
        .setBootCounter(3)
        .setBootNonce(-1_234_567)
        .setFirmware("0.1.0")
        .setBoard("mps2-an386")
        .setModelFingerprint(0x0123456789abcdefL)
        .setReportSchema(Long.MIN_VALUE)
        .setBudgetSchema(-1)
        .setCohort("line-a")
        .setAttributes(List.of(new Attribute("site", "north"), new Attribute("sensor", "b42")))
        .setLayerCount(2)
        .setFactoryTerms(quietTerms())
        .setBudgetVersion(0)
        .build();
  }

  /** A report whose numbers come from the seed, over their whole range. */
  static TrainingReport report(long seed, int layers) {
    Random random = new Random(seed);
    TrainingReport report = new TrainingReport();
    for (var field : TrainingReport.getClassSchema().getFields()) {
      switch (field.schema().getType()) {
        case INT -> report.put(field.pos(), random.nextInt());
        case LONG -> report.put(field.pos(), random.nextLong() >> random.nextInt(64));
        default -> {}
      }
    }
    report.put("device", "press-" + seed);
    report.put("instructions", random.nextBoolean() ? random.nextLong() : null);
    List<LayerCounters> list = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      LayerCounters counters = new LayerCounters();
      for (int f = 0; f < LayerCounters.getClassSchema().getFields().size(); f++) {
        counters.put(f, random.nextLong() >> random.nextInt(64));
      }
      list.add(counters);
    }
    report.put("layers", list);
    return report;
  }
}
