package io.fqtfleet.streams.console;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/** The page itself. All there is was read at start and is looked up by its whole path. */
final class StaticFiles {
  private static final List<String> NAMES =
      List.of(
          "index.html",
          "app.css",
          "app.js",
          "api.js",
          "charts.js",
          "dom.js",
          "page-alerts.js",
          "page-dead.js",
          "page-devices.js",
          "page-edit.js",
          "page-fleet.js",
          "page-policies.js",
          "page-rollouts.js");
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8");

  /** A file and what it is. */
  record File(String type, byte[] bytes) {}

  private final Map<String, File> byPath = new HashMap<>();

  StaticFiles() {
    for (String name : NAMES) {
      String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
      byPath.put("/" + name, new File(type, read("/console/" + name)));
    }
    byPath.put("/", byPath.get("/index.html"));
    byPath.put("/chart.js", new File(TYPES.get("js"), read(chartLibrary())));
  }

  /** Where its WebJar has it: the path holds the version, which the build alone decides. */
  private static String chartLibrary() {
    Properties about = new Properties();
    try {
      about.load(
          new ByteArrayInputStream(
              read("/META-INF/maven/org.webjars.npm/chart.js/pom.properties")));
    } catch (IOException e) {
      throw new UncheckedIOException("bytes can be read", e);
    }
    return "/META-INF/resources/webjars/chart.js/%s/dist/chart.umd.min.js"
        .formatted(about.getProperty("version"));
  }

  private static byte[] read(String resource) {
    try (InputStream in = StaticFiles.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the program was built without " + resource);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + resource, e);
    }
  }

  Optional<File> at(String path) {
    return Optional.ofNullable(byPath.get(path));
  }
}
