package io.fqtfleet.schemas;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** On which line of a file each key stands, so that a problem can be pointed at. */
public final class YamlLines {
  /** What a problem begins with: {@code cohorts[1].devices: ...}, {@code cohort press-a: ...}. */
  private static final Pattern PLACE = Pattern.compile("([A-Za-z][\\w.\\[\\]-]*)[: ]");

  private final Map<String, Integer> lines = new HashMap<>();

  private YamlLines() {}

  /** A mapping or a list that is being read. */
  private static final class Level {
    private final String path;
    private final boolean list;
    private int index = -1;
    private String name = "";

    Level(String path, boolean list) {
      this.path = path;
      this.list = list;
    }

    String at() {
      if (list) {
        return path + "[" + index + "]";
      }
      return path.isEmpty() ? name : path + "." + name;
    }
  }

  /** Knows no line of a text that is no YAML: its parser says the line itself. */
  public static YamlLines of(Path file) {
    try {
      return of(Files.readString(file));
    } catch (IOException e) {
      return new YamlLines();
    }
  }

  public static YamlLines of(String text) {
    YamlLines known = new YamlLines();
    try (JsonParser parser = new YAMLFactory().createParser(text)) {
      known.read(parser);
    } catch (IOException e) {
      known.lines.clear();
    }
    return known;
  }

  private void read(JsonParser parser) throws IOException {
    Deque<Level> open = new ArrayDeque<>();
    for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
      int line = parser.currentTokenLocation().getLineNr();
      if (token == JsonToken.FIELD_NAME) {
        open.element().name = parser.currentName();
        lines.putIfAbsent(open.element().at(), line);
      } else if (token.isStructEnd()) {
        open.pop();
      } else {
        String path = "";
        if (!open.isEmpty()) {
          open.element().index++;
          path = open.element().at();
          lines.putIfAbsent(path, line);
        }
        if (token.isStructStart()) {
          open.push(new Level(path, token == JsonToken.START_ARRAY));
        }
      }
    }
  }

  /** The same problems, each with the line it is about where that is known. */
  public ConfigException placed(String source, ConfigException problems) {
    List<String> placed = new ArrayList<>();
    for (String problem : problems.problems()) {
      // The document's own rules come as one sentence after the other.
      boolean own = line(problem) == null;
      for (String part : own ? List.of(problem.split("; ")) : List.of(problem)) {
        Integer line = line(part);
        placed.add(line == null ? part : "line " + line + ": " + part);
      }
    }
    return ConfigException.of(source, placed);
  }

  /** The line of the key that a problem is about, or of what holds it; null = not known. */
  public Integer line(String problem) {
    Matcher matcher = PLACE.matcher(problem);
    if (!matcher.lookingAt()) {
      return null;
    }
    String path = matcher.group(1);
    while (!lines.containsKey(path)) {
      int shorter = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['));
      if (shorter < 0) {
        return path.equals("cohort") ? lines.get("cohorts") : null;
      }
      path = path.substring(0, shorter);
    }
    return lines.get(path);
  }

  /** Whether the text has this key. */
  public boolean has(String path) {
    return lines.containsKey(path);
  }
}
