package io.fqtfleet.programs.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * CPU time of this process and its child processes, by component: threads are told apart by name.
 * What no living Java thread used is the JVM's own: compiler and garbage collector.
 */
public final class CpuByComponent {
  private static final String JVM = "jvm";
  private static final String BROKER = "mqttBroker";

  /** The first pattern that fits counts. */
  private static final Map<String, Pattern> THREADS = new LinkedHashMap<>();

  static {
    THREADS.put("load", Pattern.compile(MqttLoad.THREAD));
    THREADS.put("devices", Pattern.compile("devices-.*|com\\.hivemq.*"));
    THREADS.put("reader", Pattern.compile(ReportTail.THREAD + "|sim-reader"));
    THREADS.put("streams", Pattern.compile(".*(StreamThread|StateUpdater|fqt-streams).*"));
    THREADS.put("gatewayPaho", Pattern.compile("MQTT .*fqt-gateway.*"));
    THREADS.put("barePaho", Pattern.compile("MQTT .*bench-bare.*"));
    THREADS.put("producer", Pattern.compile("kafka-producer-network-thread.*"));
    THREADS.put("gateway", Pattern.compile("fqt-.*|kafka-coordinator-heartbeat-.*"));
    THREADS.put(BROKER, Pattern.compile(".*(ActiveMQ|activemq|mqtt-prompt).*"));
    THREADS.put("kafka", Pattern.compile(".*(kafka|raft|broker-|controller-|group-).*"));
    THREADS.put("other", Pattern.compile(".*"));
  }

  private final Map<Long, Long> threads = new HashMap<>();
  private final long process;
  private final long children;

  private CpuByComponent() {
    ThreadMXBean bean = ManagementFactory.getThreadMXBean();
    for (long id : bean.getAllThreadIds()) {
      long nanos = bean.getThreadCpuTime(id);
      if (nanos >= 0) {
        threads.put(id, nanos);
      }
    }
    process =
        ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime();
    children =
        ProcessHandle.current()
            .children()
            .mapToLong(child -> child.info().totalCpuDuration().map(Duration::toNanos).orElse(0L))
            .sum();
  }

  public static CpuByComponent now() {
    return new CpuByComponent();
  }

  /** All CPU time since then, ns. */
  long nanosSince(CpuByComponent then) {
    return process - then.process + children - then.children;
  }

  /** By component, ns, those that used none left out; a child process is the MQTT broker. */
  public Map<String, Long> sharesSince(CpuByComponent then) {
    Map<String, Long> shares = ownSharesSince(then);
    if (children > then.children) {
      shares.merge(BROKER, children - then.children, Long::sum);
    }
    return shares;
  }

  /** The same without child processes. */
  public Map<String, Long> ownSharesSince(CpuByComponent then) {
    Map<String, Long> shares = new LinkedHashMap<>();
    ThreadMXBean bean = ManagementFactory.getThreadMXBean();
    long javaThreads = 0;
    for (Map.Entry<Long, Long> thread : threads.entrySet()) {
      ThreadInfo info = bean.getThreadInfo(thread.getKey());
      long nanos = thread.getValue() - then.threads.getOrDefault(thread.getKey(), 0L);
      if (info != null && nanos > 0) {
        javaThreads += nanos;
        shares.merge(component(info.getThreadName()), nanos, Long::sum);
      }
    }
    shares.merge(JVM, Math.max(0, process - then.process - javaThreads), Long::sum);
    shares.values().removeIf(nanos -> nanos == 0);
    return shares;
  }

  private static String component(String thread) {
    return THREADS.entrySet().stream()
        .filter(entry -> entry.getValue().matcher(thread).matches())
        .findFirst()
        .map(Map.Entry::getKey)
        .orElseThrow(() -> new IllegalStateException("the last pattern fits every name"));
  }
}
