package io.fqtfleet.programs;

import io.fqtfleet.gateway.GatewayMain;
import io.fqtfleet.programs.bench.BenchCommand;
import io.fqtfleet.programs.detect.DetectCommand;
import io.fqtfleet.programs.evaluation.EvaluateCommand;
import io.fqtfleet.programs.faults.FaultsCommand;
import io.fqtfleet.programs.operations.DoctorCommand;
import io.fqtfleet.programs.operations.TopicsCommand;
import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.streams.StreamsMain;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The command line behind {@code deploy/fleet}.
 *
 * <p>Exit codes: 0 done; 130 stopped by Ctrl-C; 1 what was asked for failed, the last line says why
 * and what to do; 2 the command line itself is wrong.
 */
@Command(
    name = "fleet",
    mixinStandardHelpOptions = true,
    description = "fleets of microcontrollers that learn, steered by the drift they see",
    subcommands = {
      DemoCommand.class,
      EvaluateCommand.class,
      PolicyCommand.class,
      RolloutCommands.class,
      AlertsCommand.class,
      DevicesCommand.class,
      WhyCommand.class,
      ReadCommand.class,
      FreezeCommand.class,
      FreezeCommand.Thaw.class,
      TopicsCommand.class,
      DoctorCommand.class,
      picocli.AutoComplete.GenerateCompletion.class,
      BenchCommand.class,
      SimCommand.class,
      DetectCommand.class,
      FaultsCommand.class,
      DeviceCommand.class,
      ModelCommand.class,
      FleetCli.GatewayCommand.class,
      FleetCli.StreamsCommand.class
    })
public final class FleetCli {
  private static final int FAILED = 1;

  /** Starts a service from its configuration file. */
  @Command(
      name = "gateway",
      description = "MQTT <-> Kafka",
      subcommands = GatewayDrainCommand.class)
  static final class GatewayCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(names = "--config", paramLabel = "FILE")
    private String config;

    @Option(
        names = "--check-config",
        description =
            "only tell what would go wrong: exits with 0 (nothing), 2 (the configuration is wrong"
                + " or contradicts the brokers) or 3 (a broker is not there)")
    private boolean check;

    @Override
    public Integer call() throws Exception {
      if (config == null) {
        // Not required by itself: 'gateway drain' has its own.
        throw new ParameterException(
            spec.commandLine(), "Missing required option: '--config=FILE'");
      }
      GatewayMain.main(check ? new String[] {config, "--check-config"} : new String[] {config});
      return 0;
    }
  }

  /** Changes the number of the gateway's MQTT sessions. */
  @Command(
      name = "drain",
      description =
          "changes the number of MQTT sessions: while no gateway runs, empties the old ones into"
              + " Kafka and makes the new ones; devices go on publishing")
  static final class GatewayDrainCommand implements Callable<Integer> {
    @Option(names = "--config", required = true, paramLabel = "FILE")
    private String config;

    @Option(
        names = "--sessions",
        paramLabel = "N",
        description = "the new number; without it uplink.sessions of the file")
    private Integer sessions;

    @Override
    public Integer call() throws Exception {
      GatewayMain.main(
          sessions == null
              ? new String[] {"drain", config}
              : new String[] {"drain", config, "--sessions", sessions.toString()});
      return 0;
    }
  }

  /** Starts a service from its configuration file. */
  @Command(name = "streams", description = "drift and budgets")
  static final class StreamsCommand implements Callable<Integer> {
    @Option(names = "--config", required = true, paramLabel = "FILE")
    private String config;

    @Override
    public Integer call() throws Exception {
      StreamsMain.main(new String[] {config});
      return 0;
    }
  }

  public static void main(String[] args) {
    int code = commandLine().execute(args);
    if (!StopOnSignal.stopping()) {
      System.exit(code);
    }
  }

  static CommandLine commandLine() {
    return new CommandLine(new FleetCli())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (e, command, parsed) -> {
              command.getErr().println("fleet: " + sentence(e));
              return FAILED;
            });
  }

  /** What went wrong, for a person: our own exceptions already say it. */
  static String sentence(Throwable e) {
    if (e instanceof ConfigException || e.getCause() == null) {
      return message(e);
    }
    return message(e) + " (" + message(e.getCause()) + ")";
  }

  private static String message(Throwable e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
