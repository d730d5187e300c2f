package io.fqtfleet.programs.faults;

import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.programs.faults.FaultScenario.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Runs scenarios one after the other on both brokers. */
final class FaultSuite {
  /** Known names of MQTT brokers. */
  static final List<String> BROKERS = List.of("artemis", "mosquitto");

  private final Path directory;
  private final FaultRun.Extent extent;
  private final boolean reuse;
  private final Consumer<String> out;
  private Stage stage;
  private String stageBroker = "";
  private int number;

  /**
   * @param directory of everything that the run leaves
   * @param reuse a stage serves all scenarios of its shape; else each gets a fresh one
   * @param out takes lines for a person
   */
  FaultSuite(Path directory, FaultRun.Extent extent, boolean reuse, Consumer<String> out) {
    this.directory = directory;
    this.extent = extent;
    this.reuse = reuse;
    this.out = out;
  }

  List<FaultRow> run(List<FaultScenario> scenarios, List<String> brokers)
      throws InterruptedException {
    List<FaultRow> rows = new ArrayList<>();
    out.accept(FaultRow.HEADER);
    try {
      for (String broker : brokers) {
        for (FaultScenario scenario : scenarios) {
          FaultRow row = row(scenario, broker);
          rows.add(row);
          out.accept(row.line());
          row.broken().forEach(words -> out.accept("  BROKEN PROMISE: " + words));
        }
      }
    } finally {
      closeStage();
    }
    return rows;
  }

  private FaultRow row(FaultScenario scenario, String broker) throws InterruptedException {
    if (broker.equals("mosquitto") && !MosquittoBroker.available()) {
      return FaultRow.skipped(
          scenario.name(), broker, "mosquitto is not installed; apt-get install mosquitto");
    }
    Optional<String> obstacle = Scenarios.obstacle(scenario, directory);
    if (obstacle.isPresent()) {
      return FaultRow.skipped(scenario.name(), broker, obstacle.get());
    }
    boolean ended = false;
    try {
      prepare(scenario.shape(), broker);
      FaultRow row = FaultRun.of(scenario, stage, extent);
      ended = true;
      return row;
    } catch (IllegalStateException e) {
      // One that cannot be run must not hide what the others show.
      return FaultRow.failed(scenario.name(), broker, e.getMessage());
    } finally {
      if (!reuse || !ended) {
        closeStage();
      }
    }
  }

  private void prepare(Shape shape, String broker) throws InterruptedException {
    if (stage != null && stage.shape().equals(shape) && stageBroker.equals(broker)) {
      return;
    }
    closeStage();
    stage = new Stage(shape, broker, directory.resolve("stage-" + number++));
    stageBroker = broker;
  }

  private void closeStage() {
    if (stage != null) {
      stage.close();
      stage = null;
    }
  }

  static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + directory, e);
    }
  }
}
