package io.fqtfleet.programs.sim;

import io.fqtfleet.programs.bench.CpuByComponent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
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

  /**
   * @param processes of the target: name -> pid
   */
  Machines(Map<String, Long> processes) {
    this.processes = processes;
    sample();
    firstCpu.putAll(lastCpu);
  }

  void sample() {
    peakMb.merge(SELF, residentMb(ProcessHandle.current().pid()), Math::max);
    processes.forEach(
        (name, pid) -> {
          peakMb.merge(name, residentMb(pid), Math::max);
          ProcessHandle.of(pid)
              .flatMap(process -> process.info().totalCpuDuration())
              .ifPresent(cpu -> lastCpu.merge(name, cpu.toNanos(), Math::max));
        });
  }

  SimResult.Machine result(long behindMs) {
    sample();
    Map<String, Double> cpu = new LinkedHashMap<>();
    CpuByComponent.now()
        .ownSharesSince(before)
        .forEach((part, nanos) -> cpu.put(part, nanos / NANOS));
    lastCpu.forEach(
        (name, nanos) -> cpu.put(name, (nanos - firstCpu.getOrDefault(name, 0L)) / NANOS));
    Map<String, Long> memory = new LinkedHashMap<>();
    memory.put("heapAfterCollection", heapAfterCollection() / MB);
    memory.putAll(peakMb);
    return new SimResult.Machine(Runtime.getRuntime().availableProcessors(), cpu, memory, behindMs);
  }

  /** What the last collection of each pool left. */
  private static long heapAfterCollection() {
    long bytes = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage left = pool.getType() == MemoryType.HEAP ? pool.getCollectionUsage() : null;
      bytes += left == null ? 0 : left.getUsed();
    }
    return bytes;
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
