package io.fqtfleet.programs.sim;

import io.fqtfleet.programs.bench.CpuByComponent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** CPU and memory of what runs on this machine. */
final class Machines {
  private static final double NANOS = 1e9;
  private static final long MB = 1 << 20;
  private static final long KB_PER_MB = 1024;

  private Machines() {}

  static SimResult.Machine now(CpuByComponent before, long behindMs) {
    Map<String, Double> cpu = new LinkedHashMap<>();
    CpuByComponent.now().sharesSince(before).forEach((part, nanos) -> cpu.put(part, nanos / NANOS));
    Map<String, Long> memory = new LinkedHashMap<>();
    Runtime runtime = Runtime.getRuntime();
    memory.put("heapUsed", (runtime.totalMemory() - runtime.freeMemory()) / MB);
    memory.put("thisProcess", residentMb(ProcessHandle.current().pid()));
    long children =
        ProcessHandle.current().children().mapToLong(child -> residentMb(child.pid())).sum();
    if (children > 0) {
      memory.put("childProcesses", children);
    }
    return new SimResult.Machine(runtime.availableProcessors(), cpu, memory, behindMs);
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
