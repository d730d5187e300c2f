package io.fqtfleet.streams.console;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** How long the console's questions take with so many devices; prints a line for each. */
public final class ConsoleScale {
  private static final int COHORTS = 200;
  private static final int ASKED = 50;
  private static final int ROUND_MS = 60_000;
  private static final long PATIENCE_MS = 9 * 60_000;

  private ConsoleScale() {}

  /**
   * @param args how many devices; 100000 if absent
   */
  public static void main(String[] args) throws Exception {
    int devices = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
    Path directory = Files.createTempDirectory("console-scale");
    try (LiveFleet live = new LiveFleet(directory, COHORTS, devices / COHORTS, 7, ROUND_MS)) {
      long startMs = System.currentTimeMillis();
      long known = 0;
      while (known < devices && System.currentTimeMillis() - startMs < PATIENCE_MS) {
        Thread.sleep(1_000);
        known = ask(live, "/api/fleet").path("known").asLong();
      }
      System.out.printf(
          "%d devices in %d cohorts known after %d s%n",
          known, COHORTS, (System.currentTimeMillis() - startMs) / 1000);
      for (String path :
          new String[] {
            "/api/fleet",
            "/api/cohorts?size=24",
            "/api/cohorts/line-7",
            "/api/devices?cohort=line-7&size=50",
            "/api/devices?cohort=line-7&size=50&only=trouble",
            "/api/devices/dev-7-03"
          }) {
        measure(live, path);
      }
    }
    System.exit(0);
  }

  private static void measure(LiveFleet live, String path) throws Exception {
    double[] ms = new double[ASKED];
    int size = 0;
    for (int i = 0; i < ASKED; i++) {
      long start = System.nanoTime();
      size = ask(live, path).toString().length();
      ms[i] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(ms);
    System.out.printf(
        "%-50s median %6.1f ms, slowest of %d %6.1f ms, %d bytes%n",
        path, ms[ASKED / 2], ASKED, ms[ASKED - 1], size);
  }

  private static JsonNode ask(LiveFleet live, String path)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(live.address() + path))
            .header("Authorization", "Bearer " + LiveFleet.READ_TOKEN)
            .build();
    return Views.JSON.readTree(
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
  }
}
