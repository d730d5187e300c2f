package io.fqtfleet.streams;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.topology.Lane;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The service's settings, read by {@code StrictYaml} from one file; environment variables {@code
 * FQT_STREAMS_...} win over the file. Every record checks itself and puts defaults for what is
 * absent. The README has the table.
 */
public record StreamsSettings(
    Kafka kafka,
    Application application,
    Detection detection,
    Ops ops,
    AlertmanagerPush alertmanager,
    Console console) {
  public static final String ENVIRONMENT_PREFIX = "FQT_STREAMS";

  public StreamsSettings {
    if (kafka == null) {
      throw new IllegalArgumentException(
          "kafka: is missing; kafka.bootstrapServers has no default");
    }
    application =
        application == null ? new Application(null, null, null, null, null, null) : application;
    detection = detection == null ? new Detection(null, null) : detection;
    ops = ops == null ? new Ops(null, null) : ops;
    alertmanager = alertmanager == null ? new AlertmanagerPush(null, null, null) : alertmanager;
    console = console == null ? new Console(null, null, null, null, null) : console;
  }

  /** Defaults throughout, with the HTTP endpoint on a free port: for tests and the demo. */
  public static StreamsSettings of(
      String bootstrapServers, Path stateDirectory, long fleetDevices) {
    return new StreamsSettings(
        new Kafka(bootstrapServers, null, null, null),
        new Application(null, stateDirectory.toString(), null, null, null, null),
        new Detection(fleetDevices, null),
        new Ops(null, 0),
        null,
        null);
  }

  /** The same with a console. */
  public StreamsSettings withConsole(Console other) {
    return new StreamsSettings(kafka, application, detection, ops, alertmanager, other);
  }

  /**
   * @param partitions of topics that do not exist yet
   * @param replicationFactor of those; absent = the brokers' default
   * @param client further settings of every Kafka client, such as security
   */
  public record Kafka(
      String bootstrapServers,
      Integer partitions,
      Integer replicationFactor,
      Map<String, String> client) {
    /** Settings on which "each report is decided on exactly once" rests. */
    private static final Set<String> OURS =
        Set.of(
            "bootstrap.servers",
            "application.id",
            "processing.guarantee",
            "num.stream.threads",
            "num.standby.replicas",
            "state.dir",
            "commit.interval.ms",
            "isolation.level",
            "enable.auto.commit",
            "auto.offset.reset",
            "acks",
            "enable.idempotence",
            "transactional.id",
            "group.id",
            "group.protocol",
            "rocksdb.config.setter",
            "deserialization.exception.handler",
            "processing.exception.handler",
            "production.exception.handler",
            "replication.factor");

    public Kafka {
      partitions = or(partitions, 8);
      client = client == null ? Map.of() : Map.copyOf(client);
      List<String> problems = new ArrayList<>();
      require(
          problems,
          bootstrapServers != null && !bootstrapServers.isBlank(),
          "bootstrapServers: is missing; give host:port[,host:port]");
      require(
          problems,
          partitions >= 1 && partitions <= 1000,
          "partitions: " + partitions + " is not in 1..1000");
      require(
          problems,
          replicationFactor == null || replicationFactor >= 1 && replicationFactor <= 16,
          "replicationFactor: " + replicationFactor + " is not in 1..16");
      for (String key : client.keySet()) {
        require(
            problems,
            !OURS.contains(key),
            "client." + key + ": is set by the service itself; remove it");
      }
      raise(problems);
    }
  }

  /**
   * @param id consumer group, prefix of internal topics and transactions
   * @param commitInterval how long results of a transaction stay invisible at most
   * @param standbys copies of each store kept warm on other instances
   * @param rocksDbMegabytes memory of all state stores together
   */
  public record Application(
      String id,
      String stateDirectory,
      Integer threads,
      Duration commitInterval,
      Integer standbys,
      Integer rocksDbMegabytes) {
    public Application {
      id = or(id, "fqt-streams");
      stateDirectory = or(stateDirectory, "/var/lib/fqt-streams");
      threads = or(threads, 1);
      commitInterval = or(commitInterval, Duration.ofMillis(100));
      standbys = or(standbys, 0);
      rocksDbMegabytes = or(rocksDbMegabytes, 128);
      List<String> problems = new ArrayList<>();
      require(
          problems,
          id.matches("[a-z0-9-]{1,64}"),
          "id: '" + id + "' is not [a-z0-9-]{1,64}; it becomes part of topic names");
      require(problems, threads >= 1 && threads <= 64, "threads: " + threads + " is not in 1..64");
      require(
          problems,
          commitInterval.toMillis() >= 10 && commitInterval.toMillis() <= 30_000,
          "commitInterval: " + commitInterval.toMillis() + "ms is not in 10ms..30s");
      require(
          problems, standbys >= 0 && standbys <= 8, "standbys: " + standbys + " is not in 0..8");
      require(
          problems,
          rocksDbMegabytes >= 16 && rocksDbMegabytes <= 65_536,
          "rocksDbMegabytes: " + rocksDbMegabytes + " is not in 16..65536");
      raise(problems);
    }
  }

  /**
   * @param fleetDevices devices of the whole fleet, an upper bound: false pages per fleet-day are
   *     shared among so many
   * @param maxClockSkew how far ahead of this machine's clock a record's time may be
   * @param shards of cohorts that one task cannot decide: {@code cohort=shards}, comma separated
   */
  public record Detection(Long fleetDevices, Duration maxClockSkew, String shards) {
    private static final Pattern SHARDS = Pattern.compile("\\s*([^=\\s]+)=([0-9]{1,3})\\s*");

    /** No cohort is split. */
    public Detection(Long fleetDevices, Duration maxClockSkew) {
      this(fleetDevices, maxClockSkew, null);
    }

    public Detection {
      shards = or(shards, "");
      fleetDevices = or(fleetDevices, 1000L);
      maxClockSkew = or(maxClockSkew, Duration.ofMinutes(1));
      List<String> problems = new ArrayList<>();
      require(
          problems,
          fleetDevices >= 1 && fleetDevices <= 100_000_000,
          "fleetDevices: " + fleetDevices + " is not in 1..100000000");
      require(
          problems,
          !maxClockSkew.isNegative() && maxClockSkew.toHours() <= 24,
          "maxClockSkew: " + maxClockSkew.toMillis() + "ms is not in 0ms..24h");
      for (String entry : entries(shards)) {
        Matcher match = SHARDS.matcher(entry);
        boolean good =
            match.matches()
                && Topics.COHORT.matcher(match.group(1)).matches()
                && Integer.parseInt(match.group(2)) >= 1
                && Integer.parseInt(match.group(2)) <= Lane.SHARDS_MAX;
        require(
            problems,
            good,
            "shards: '%s' is not cohort=1..%d".formatted(entry.strip(), Lane.SHARDS_MAX));
      }
      raise(problems);
    }

    private static List<String> entries(String shards) {
      return shards.isBlank() ? List.of() : List.of(shards.split(",", -1));
    }

    /** Shards by cohort. */
    public Map<String, Integer> shardsByCohort() {
      Map<String, Integer> byCohort = new TreeMap<>();
      for (String entry : entries(shards)) {
        String[] pair = entry.strip().split("=");
        byCohort.put(pair[0], Integer.parseInt(pair[1]));
      }
      return byCohort;
    }
  }

  /** Where health and metrics are served; port 0 = any free one. */
  public record Ops(String host, Integer port) {
    public Ops {
      host = or(host, "127.0.0.1");
      port = or(port, 9102);
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("port: " + port + " is not in 0..65535");
      }
    }
  }

  /**
   * Where alerts are pushed to; off without a url.
   *
   * @param url of Alertmanager, with its path prefix if it has one
   * @param resolveTimeout how long an alert fires there without a repetition; it is repeated after
   *     a third of that
   * @param requestTimeout of one request
   */
  public record AlertmanagerPush(String url, Duration resolveTimeout, Duration requestTimeout) {
    public AlertmanagerPush {
      resolveTimeout = or(resolveTimeout, Duration.ofMinutes(5));
      requestTimeout = or(requestTimeout, Duration.ofSeconds(10));
      List<String> problems = new ArrayList<>();
      require(
          problems,
          url == null || url.matches("https?://[^/\\s]+(/\\S*)?"),
          "url: '" + url + "' is no http(s)://host:port; leave it out to push nothing");
      require(
          problems,
          resolveTimeout.toMillis() >= 1_000 && resolveTimeout.toHours() <= 24,
          "resolveTimeout: " + resolveTimeout.toMillis() + "ms is not in 1s..24h");
      require(
          problems,
          requestTimeout.toMillis() >= 100 && requestTimeout.toMillis() <= 60_000,
          "requestTimeout: " + requestTimeout.toMillis() + "ms is not in 100ms..60s");
      raise(problems);
    }

    public boolean isOn() {
      return url != null;
    }
  }

  /**
   * The operators' page, on the port of health and metrics; off without a token.
   *
   * @param readToken who has it may look
   * @param operatorToken who has it may also act
   * @param session how long a login lasts
   * @param advertised host:port at which the other instances reach this one; absent = ops
   * @param proxy who logs people in besides; absent = nobody
   */
  public record Console(
      String readToken,
      String operatorToken,
      Duration session,
      String advertised,
      ProxyLogin proxy) {
    private static final String TOKEN = "[!-~]{16,200}";

    public Console {
      session = or(session, Duration.ofHours(12));
      List<String> problems = new ArrayList<>();
      token(problems, "readToken", readToken);
      token(problems, "operatorToken", operatorToken);
      require(
          problems,
          readToken == null || !readToken.equals(operatorToken),
          "readToken: is the operatorToken too; give them different values");
      require(
          problems,
          session.toMinutes() >= 1 && session.toDays() <= 31,
          "session: " + session.toMillis() + "ms is not in 1m..31d");
      require(
          problems,
          advertised == null || advertised.matches("[^:/\\s]+:[0-9]{1,5}"),
          "advertised: '" + advertised + "' is no host:port");
      require(
          problems,
          proxy == null || readToken != null || operatorToken != null,
          "proxy: needs a readToken beside it, by which instances ask each other");
      raise(problems);
    }

    private static void token(List<String> problems, String name, String token) {
      // The value is a secret: the message must not repeat it.
      require(
          problems,
          token == null || token.matches(TOKEN),
          name + ": is not 16..200 printable characters without spaces (openssl rand -hex 24)");
    }

    public boolean isOn() {
      return readToken != null || operatorToken != null;
    }
  }

  /**
   * A proxy that has logged people in (OIDC, as oauth2-proxy does) and says in headers who they
   * are. Headers are believed only of a request that fulfils all that is set here.
   *
   * @param userHeader who it is
   * @param groupsHeader their groups, comma separated
   * @param readerGroup who is in it may look; absent = everybody whom the proxy lets through
   * @param operatorGroup who is in it may also act
   * @param addresses of the proxy, as IP addresses; absent = any, with the secret
   * @param secret what the proxy sends in X-Fqt-Proxy-Secret; absent = nothing, from an address
   */
  public record ProxyLogin(
      String userHeader,
      String groupsHeader,
      String readerGroup,
      String operatorGroup,
      List<String> addresses,
      String secret) {
    public ProxyLogin {
      userHeader = or(userHeader, "X-Forwarded-User");
      groupsHeader = or(groupsHeader, "X-Forwarded-Groups");
      addresses = addresses == null ? List.of() : List.copyOf(addresses);
      List<String> problems = new ArrayList<>();
      require(
          problems,
          userHeader.matches("[A-Za-z0-9-]{1,64}"),
          "userHeader: '" + userHeader + "' is no name of a header");
      require(
          problems,
          groupsHeader.matches("[A-Za-z0-9-]{1,64}"),
          "groupsHeader: '" + groupsHeader + "' is no name of a header");
      require(
          problems,
          operatorGroup != null && !operatorGroup.isBlank(),
          "operatorGroup: is missing; name the group whose members may act");
      require(
          problems,
          !addresses.isEmpty() || secret != null,
          "addresses: are missing, and so is the secret: anybody could send the headers; give one");
      for (String address : addresses) {
        require(
            problems,
            address.matches("[0-9.]{7,15}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*"),
            "addresses: '" + address + "' is no IP address");
      }
      Console.token(problems, "secret", secret);
      raise(problems);
    }
  }

  private static <T> T or(T value, T fallback) {
    return value == null ? fallback : value;
  }

  private static void require(List<String> problems, boolean holds, String problem) {
    if (!holds) {
      problems.add(problem);
    }
  }

  private static void raise(List<String> problems) {
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }
}
