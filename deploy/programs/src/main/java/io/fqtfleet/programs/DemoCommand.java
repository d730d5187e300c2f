package io.fqtfleet.programs;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code fleet demo}. */
@Command(
    name = "demo",
    description = "a fleet notices that the world changed: everything on loopback, ends by itself")
final class DemoCommand implements Callable<Integer> {
  private static final int INTERRUPTED = 130;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "a data set (meta.json + .bin) instead of the generator")
  private Path data;

  @Option(
      names = "--devices",
      paramLabel = "N",
      defaultValue = "200",
      description = "simulated devices, 40..1000 (${DEFAULT-VALUE})")
  private int devices;

  @Option(names = "--no-qemu", description = "without firmware images")
  private boolean noQemu;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "of everything random (${DEFAULT-VALUE})")
  private long seed;

  @Option(names = "--keep", description = "stay up until Ctrl-C")
  private boolean keep;

  @Option(names = "--json", paramLabel = "FILE", description = "write the summary as JSON")
  private Path json;

  @Override
  public Integer call() throws Exception {
    DemoOptions options = new DemoOptions(data, devices, !noQemu, seed, keep, json);
    Thread stop = StopOnSignal.install();
    try {
      return new Demo(options, System.out).summarise().ok() ? 0 : 1;
    } catch (InterruptedException e) {
      System.out.println("       stopped before its end; everything is down");
      return INTERRUPTED;
    } finally {
      StopOnSignal.remove(stop);
    }
  }
}
