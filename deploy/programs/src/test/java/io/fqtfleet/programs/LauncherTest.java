package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The launcher's own words, and that the README names only commands that exist. */
class LauncherTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

  private record Outcome(int code, String out) {}

  private static Outcome fleet(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("deploy/fleet"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(ROOT.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "deploy/fleet hangs");
    return new Outcome(process.exitValue(), out);
  }

  @Test
  void helpNamesEveryCommand() throws IOException, InterruptedException {
    Outcome help = fleet("help");
    assertEquals(0, help.code());
    for (String command :
        List.of(
            "demo", "test", "gateway", "streams", "sim", "device", "model", "policy", "rollout",
            "alerts", "bench")) {
      assertTrue(help.out().contains("\n  " + command + " "), command + " is not in the help");
    }
    assertEquals(help.out(), fleet().out(), "no command shows the help");
  }

  /** Every command of the command line has its branch in the launcher. */
  @Test
  void theLauncherReachesEveryCommand() throws IOException {
    String script = Files.readString(Home.find().root().resolve("deploy/fleet"));
    String branches = script.substring(script.indexOf("case $command in")).replace("\\\n", "");
    for (String command : new picocli.CommandLine(new FleetCli()).getSubcommands().keySet()) {
      assertTrue(
          branches.lines().anyMatch(line -> line.matches("  (.* )?" + command + "( .*)?\\)")),
          "deploy/fleet does not know " + command);
    }
  }

  @Test
  void aWrongCommandOrOptionIsNamed() throws IOException, InterruptedException {
    Outcome unknown = fleet("demmo");
    assertEquals(1, unknown.code());
    assertTrue(unknown.out().contains("unknown command 'demmo'"), unknown.out());
    Outcome option = fleet("test", "--al");
    assertEquals(1, option.code());
    assertTrue(option.out().contains("unknown option '--al'"), option.out());
    Outcome jdk = fleet("test", "--jdk", "/nowhere");
    assertTrue(jdk.out().contains("'/nowhere' is no JDK"), jdk.out());
  }

  @Test
  void everyCommandInTheReadmesExists() throws IOException, InterruptedException {
    String help = fleet("help").out();
    Pattern call = Pattern.compile("deploy/fleet ([a-z]+)");
    int found = 0;
    for (String readme : List.of("README.md", "device-sim/README.md", "gateway/README.md")) {
      Matcher matcher = call.matcher(Files.readString(ROOT.resolve(readme)));
      while (matcher.find()) {
        found++;
        String command = matcher.group(1);
        assertTrue(help.contains("\n  " + command + " "), readme + " calls fleet " + command);
      }
    }
    assertTrue(found > 3, "only " + found + " commands found");
  }

  @Test
  void everyPathInTheReadmeExists() throws IOException {
    Matcher link =
        Pattern.compile("\\]\\((?!http)([^)#]+)[^)]*\\)")
            .matcher(Files.readString(ROOT.resolve("README.md")));
    int found = 0;
    while (link.find()) {
      found++;
      assertTrue(Files.exists(ROOT.resolve(link.group(1))), "no " + link.group(1));
    }
    assertTrue(found > 3, "only " + found + " links found");
  }
}
