package io.fqtfleet.sim.fleet;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.sim.device.ModelPage;
import io.fqtfleet.sim.device.NativeAgent;
import io.fqtfleet.sim.device.ProvisioningPage;
import io.fqtfleet.sim.signal.Chance;
import io.fqtfleet.sim.signal.SampleSource;
import io.fqtfleet.sim.signal.SignalSpace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains factory weights on the source domains with the device's own learner, and keeps them in a
 * file named by everything that decides them. About ten seconds, once.
 */
public final class ModelTrainer {
  private static final Logger LOG = LoggerFactory.getLogger(ModelTrainer.class);

  private static final int BATCH = 64;
  private static final int TEST_WINDOWS = 2_000;
  private static final int UNLIMITED_MILLI_JOULE = 1_000_000;

  /** Windows and learning rates (unit 2^-20) of the training, one after the other. */
  private static final List<Phase> PHASES =
      List.of(new Phase(30_000, 10_486), new Phase(10_000, 3_495), new Phase(10_000, 1_049));

  private final SignalSpace space;
  private final List<String> domains;
  private final long seed;

  private record Phase(int windows, int learningRate) {}

  /**
   * @param domains source domains; windows of all of them are mixed
   */
  public ModelTrainer(SignalSpace space, List<String> domains, long seed) {
    this.space = space;
    this.domains = List.copyOf(domains);
    this.seed = seed;
  }

  /** The weights from {@code directory}, or newly trained and left there. */
  public FactoryModel cached(Path directory) {
    Path page = directory.resolve("factory-" + identity() + ".fqtm");
    Path notes = directory.resolve("factory-" + identity() + ".properties");
    try {
      if (Files.isRegularFile(page) && Files.isRegularFile(notes)) {
        return load(page, notes);
      }
      FactoryModel model = train();
      Files.createDirectories(directory);
      store(model, page, notes);
      return model;
    } catch (IOException e) {
      throw new UncheckedIOException("factory weights cannot be kept in " + directory, e);
    }
  }

  private static FactoryModel load(Path page, Path notes) throws IOException {
    Properties properties = new Properties();
    try (var in = Files.newInputStream(notes)) {
      properties.load(in);
    }
    byte[] bytes = Files.readAllBytes(page);
    try {
      ModelPage.of(bytes);
      return new FactoryModel(
          bytes,
          Double.parseDouble(properties.getProperty("testAccuracy")),
          Double.parseDouble(properties.getProperty("backwardMacsPerWindow")));
    } catch (IllegalArgumentException | NullPointerException e) {
      throw new IllegalStateException(
          page + " or " + notes.getFileName() + " is damaged; delete both to train again", e);
    }
  }

  private static void store(FactoryModel model, Path page, Path notes) throws IOException {
    String text =
        "testAccuracy=%s%nbackwardMacsPerWindow=%s%n"
            .formatted(model.testAccuracy(), model.backwardMacsPerWindow());
    replace(notes, text.getBytes(StandardCharsets.ISO_8859_1));
    replace(page, model.page());
  }

  private static void replace(Path file, byte[] bytes) throws IOException {
    Path part = Files.createTempFile(file.getParent(), "factory", ".part");
    Files.write(part, bytes);
    Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Trains anew. */
  public FactoryModel train() {
    long start = System.nanoTime();
    int classes = Math.max(ModelPage.IMAGE_CLASSES, space.classNames().size());
    byte[] page = ModelPage.bearingMlp(classes, Chance.seed(seed, "weights")).toBytes();
    double macsPerWindow = 0;
    long first = 0;
    for (Phase phase : PHASES) {
      try (NativeAgent agent = agent(page, true, phase.learningRate())) {
        feed(agent, sources(true), first, phase.windows());
        NativeAgent.Counters counters = agent.counters();
        macsPerWindow = (double) counters.macsBackward() / counters.trained();
        page = agent.exportModel();
      }
      first += phase.windows();
    }
    double accuracy = accuracy(page);
    LOG.info(
        "trained factory weights: {} windows of {} in {} ms, {} of unseen windows right",
        first,
        domains,
        (System.nanoTime() - start) / 1_000_000,
        "%.3f".formatted(accuracy));
    return new FactoryModel(page, accuracy, macsPerWindow);
  }

  private double accuracy(byte[] page) {
    try (NativeAgent agent = agent(page, false, 1)) {
      feed(agent, sources(false), 0, TEST_WINDOWS);
      NativeAgent.Counters counters = agent.counters();
      return (double) counters.correct() / counters.labelled();
    }
  }

  private List<SampleSource> sources(boolean training) {
    long sourceSeed = Chance.seed(seed, training ? "train" : "test");
    return domains.stream()
        .map(
            domain ->
                training ? space.training(domain, sourceSeed) : space.source(domain, sourceSeed, 0))
        .toList();
  }

  /** Every window is one of each domain in turn. */
  private static void feed(NativeAgent agent, List<SampleSource> sources, long first, int count) {
    short[] samples = new short[BATCH * SampleSource.WINDOW];
    byte[] labels = new byte[BATCH];
    for (int done = 0; done < count; done += BATCH) {
      for (int i = 0; i < BATCH; i++) {
        long index = first + done + i;
        SampleSource source = sources.get((int) (index % sources.size()));
        labels[i] = (byte) source.window(index / sources.size(), samples, i * SampleSource.WINDOW);
      }
      agent.windows(samples, labels, done, 1);
    }
  }

  private static NativeAgent agent(byte[] page, boolean training, int learningRate) {
    BudgetTerms terms =
        BudgetTerms.newBuilder()
            .setTraining(training)
            .setLambdaMinPermille(1000)
            .setLambdaMaxPermille(1000)
            .setFirstTrainableLayer(0)
            .setLearningRate(learningRate)
            .setBatchSize(8)
            .setTrainEveryNth(1)
            .setPseudoLabelPermille(0)
            .setEnergyCapacityMilliJoule(UNLIMITED_MILLI_JOULE)
            .setEnergyRefillMilliJoulePerHour(UNLIMITED_MILLI_JOULE)
            .setReportIntervalMs(1000)
            .build();
    ProvisioningPage identity =
        new ProvisioningPage("factory", "factory", "host", 0, new byte[32], List.of(), terms);
    return NativeAgent.open(identity.toBytes(), page, 1, 0);
  }

  /** Short hash of all that decides the weights, the learner's program included. */
  private String identity() {
    String all = "%s|%s|%d|%s|".formatted(space.identity(), domains, seed, PHASES);
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(all.getBytes(StandardCharsets.UTF_8));
      digest.update(NativeAgent.libraryBytes());
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
