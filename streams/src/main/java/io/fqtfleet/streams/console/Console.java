package io.fqtfleet.streams.console;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.streams.StreamsSettings;
import java.time.Clock;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.state.HostInfo;
import org.eclipse.jetty.server.Handler;

/** The console of one instance: its parts, put together. */
public final class Console implements AutoCloseable {
  private final FleetMemory memory = new FleetMemory();
  private final LiveEvents live = new LiveEvents(this::beat);
  private final FleetReader reader;
  private final OperatorWrites writes;
  private final ConsoleHandler handler;

  /**
   * @param client settings of every Kafka client, servers included
   * @param streams null while there is none
   * @param self where other instances reach this one
   * @param shards of cohorts that are split
   */
  public Console(
      StreamsSettings.Console settings,
      Map<String, Object> client,
      Supplier<KafkaStreams> streams,
      Supplier<HostInfo> self,
      Map<String, Integer> shards) {
    Access access = new Access(settings.readToken(), settings.operatorToken(), settings.session());
    DeviceLookup devices = new DeviceLookup(streams, self, access.tokenAmongInstances(), shards);
    reader = new FleetReader(client, memory, live);
    writes = new OperatorWrites(client, memory);
    ConsoleApi api = new ConsoleApi(memory, devices, new TopicTail(client), writes);
    ProxyLogin proxy = new ProxyLogin(settings.proxy(), access);
    handler = new ConsoleHandler(access, proxy, api, live, Clock.systemUTC());
  }

  public Handler handler() {
    return handler;
  }

  /** Once the topics are there. */
  public void start() {
    writes.open();
    reader.start();
  }

  private String beat() {
    ObjectNode node = Views.JSON.createObjectNode();
    node.put("atMs", System.currentTimeMillis());
    node.put("caughtUp", memory.caughtUp());
    node.put("problem", memory.problem());
    return node.toString();
  }

  @Override
  public void close() {
    live.close();
    reader.close();
    writes.close();
  }
}
