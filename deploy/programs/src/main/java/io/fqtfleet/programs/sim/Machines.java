package io.fqtfleet.programs.sim;

import io.fqtfleet.programs.bench.CpuByComponent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * CPU and memory of what runs on this machine: this process by its threads, the target's processes
 * as far as they are known. To be asked once per second: a process that dies keeps what it had.
 */
final class Machines {
  private static final double NANOS = 1e9;
  private static final long MB = 1 << 20;
  private static final long KB_PER_MB = 1024;
  private static final String SELF = "thisProcess";

  private final Map<String, Long> processes;
  private final CpuByComponent before = CpuByComponent.now();
  private final Map<String, Long> firstCpu = new TreeMap<>();
  private final Map<String, Long> lastCpu = new TreeMap<>();
  private final Map<String, Long> peakMb = new LinkedHashMap<>();
  private long lastNanos = System.nanoTime();

  /**
   * @param processes of the target: name -> pid
   */
  Machines(Map<String, Long> processes) {
    this.processes = processes;
    sample();
    firstCpu.putAll(lastCpu);
  }

  /** Cores that each process has used since the last call, on average. */
  Map<String, Double> sample() {
    Map<String, Long> then = new TreeMap<>(lastCpu);
    long thenNanos = lastNanos;
    lastNanos = System.nanoTime();
    look(SELF, ProcessHandle.current().pid());
    processes.forEach(this::look);
    Map<String, Double> cores = new TreeMap<>();
    lastCpu.forEach(
        (name, nanos) ->
            cores.put(
                name,
                (double) (nanos - then.getOrDefault(name, nanos))
                    / Math.max(1, lastNanos - thenNanos)));
    return cores;
  }

  private void look(String name, long pid) {
    peakMb.merge(name, residentMb(pid), Math::max);
    ProcessHandle.of(pid)
        .flatMap(process -> process.info().totalCpuDuration())
        .ifPresent(cpu -> lastCpu.merge(name, cpu.toNanos(), Math::max));
  }

  SimResult.Machine result(long behindMs) {
    sample();
    Map<String, Double> cpu = new LinkedHashMap<>();
    CpuByComponent.now()
        .ownSharesSince(before)
        .forEach((part, nanos) -> cpu.put(part, nanos / NANOS));
    processes
        .keySet()
        .forEach(
            name ->
                cpu.put(
                    name,
                    (lastCpu.getOrDefault(name, 0L) - firstCpu.getOrDefault(name, 0L)) / NANOS));
    Map<String, Long> memory = new LinkedHashMap<>();
    memory.put("heap", heap() / MB);
    memory.putAll(peakMb);
    return new SimResult.Machine(Runtime.getRuntime().availableProcessors(), cpu, memory, behindMs);
  }

  /** What lives: the run is over, so that a collection disturbs nothing any more. */
  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** 0 where /proc does not tell. */
  private static long residentMb(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / KB_PER_MB)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}
