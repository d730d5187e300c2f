package io.fqtfleet.streams.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Debian's Chromium without a screen; what a page complains of is kept. */
final class Browser implements AutoCloseable {
  private static final double PATIENCE_MS = 60_000;
  private static final Path SHOTS = Path.of("target", "screenshots");

  private final Playwright playwright;
  private final com.microsoft.playwright.Browser browser;
  private final List<String> complaints = new ArrayList<>();

  Browser(Path chromium) {
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(chromium)
                    .setArgs(List.of("--no-sandbox", "--disable-gpu")));
  }

  /** Where Chromium is; empty without one. */
  static Optional<Path> chromium() {
    return Stream.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
        .map(Path::of)
        .filter(Files::isExecutable)
        .findFirst();
  }

  Page page(int width, int height, ColorScheme scheme) {
    BrowserContext context =
        browser.newContext(
            new com.microsoft.playwright.Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setColorScheme(scheme));
    context.setDefaultTimeout(PATIENCE_MS);
    Page page = context.newPage();
    page.onPageError(e -> complaints.add("error: " + e));
    page.onConsoleMessage(
        m -> {
          // A refused login is an answer of the server, which Chromium reports as an error too.
          if (m.type().equals("error") && !m.text().contains("Failed to load resource")) {
            complaints.add("console: " + m.text());
          }
        });
    page.onDialog(
        d -> {
          complaints.add("a script opened a dialog: " + d.message());
          d.dismiss();
        });
    return page;
  }

  static void shot(Page page, String name) {
    page.screenshot(
        new Page.ScreenshotOptions().setPath(SHOTS.resolve(name + ".png")).setFullPage(true));
  }

  void assertNoComplaint() {
    assertEquals(List.of(), complaints);
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
