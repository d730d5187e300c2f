package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Every command block of every document is what a shell and our command line understand. */
class DocumentedCommandsTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Pattern BLOCK =
      Pattern.compile("^```sh\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
  private static final Pattern CALL =
      Pattern.compile("(?:^|[;(|&] *|[A-Z_]+=\\S* )deploy/fleet +(.*)$");

  /** What the launcher itself does; its own options are tested in LauncherTest. */
  private static final Set<String> OF_THE_LAUNCHER =
      Set.of("test", "up", "down", "containers", "help");

  /** Folders that hold no document of ours. */
  private static final Set<String> MADE = Set.of("target", "build", ".git");

  private final CommandLine commandLine = FleetCli.commandLine();

  private record Block(Path file, String text) {}

  private static List<Block> blocks() throws IOException {
    List<Block> blocks = new ArrayList<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return MADE.contains(folder.getFileName().toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (file.toString().endsWith(".md")) {
              BLOCK
                  .matcher(Files.readString(file))
                  .results()
                  .forEach(block -> blocks.add(new Block(ROOT.relativize(file), block.group(1))));
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return blocks;
  }

  @Test
  void aShellReadsEveryBlock() throws IOException, InterruptedException {
    List<Block> blocks = blocks();
    assertTrue(blocks.size() > 25, "only " + blocks.size() + " blocks found");
    for (Block block : blocks) {
      Process shell = new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
      shell.getOutputStream().write(block.text.getBytes(StandardCharsets.UTF_8));
      shell.getOutputStream().close();
      String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, shell.waitFor(), block.file + ": " + said + block.text);
    }
  }

  @Test
  void theCommandLineTakesEveryCallOfTheLauncher() throws IOException {
    int calls = 0;
    for (Block block : blocks()) {
      for (String line : block.text.replace("\\\n", " ").split("\n")) {
        var call = CALL.matcher(line);
        if (call.find()) {
          calls++;
          take(block.file + ": " + line, words(call.group(1)));
        }
      }
    }
    assertTrue(calls > 60, "only " + calls + " calls found");
  }

  private void take(String where, List<String> words) {
    assertTrue(!words.isEmpty(), where);
    if (OF_THE_LAUNCHER.contains(words.get(0))) {
      return;
    }
    try {
      commandLine.parseArgs(words.toArray(String[]::new));
    } catch (CommandLine.ParameterException e) {
      throw new AssertionError(where + ": " + e.getMessage(), e);
    }
  }

  /** As a shell would split them, up to the end of the command; variables stay as they are. */
  static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = null;
    char quote = 0;
    for (char c : text.toCharArray()) {
      if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
        word = word == null ? new StringBuilder() : word;
      } else if (c == ' ') {
        if (word != null) {
          words.add(word.toString());
        }
        word = null;
      } else if (c == '#' && word == null || ";|&>)".indexOf(c) >= 0) {
        break;
      } else {
        word = word == null ? new StringBuilder() : word;
        word.append(c);
      }
    }
    if (word != null) {
      words.add(word.toString());
    }
    return words;
  }

  @Test
  void wordsAreSplitAsAShellDoes() {
    assertEquals(
        List.of("policy", "get", "*", "--comment", "a b"),
        words("policy get '*'  --comment \"a b\" >x.yaml  # c"));
    assertEquals(List.of("alerts"), words("alerts | jq ."));
  }
}
