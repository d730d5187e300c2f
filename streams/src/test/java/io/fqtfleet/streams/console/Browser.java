package io.fqtfleet.streams.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Debian's Chromium without a screen; what a page complains of is kept, and what axe-core finds of
 * the rules of WCAG 2 A and AA in every picture that is taken.
 */
final class Browser implements AutoCloseable {
  private static final double PATIENCE_MS = 60_000;
  private static final Path SHOTS = Path.of("target", "screenshots");

  private final Playwright playwright;
  private final com.microsoft.playwright.Browser browser;
  private final List<String> complaints = new ArrayList<>();
  private final String axe = axe();

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

  /** Keeps a picture, and looks whether everybody can use what it shows. */
  void shot(Page page, String name) {
    picture(page, name);
    page.evaluate(axe);
    Object found =
        page.evaluate(
            "async () => (await axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})).violations"
                + ".flatMap(v => v.nodes.map(n => v.id + ' ' + n.target + ': '"
                + " + n.failureSummary.replaceAll('\\n', ' ')))");
    for (Object violation : (List<?>) found) {
      complaints.add(name + ": " + violation);
    }
  }

  static void picture(Page page, String name) {
    page.screenshot(
        new Page.ScreenshotOptions().setPath(SHOTS.resolve(name + ".png")).setFullPage(true));
  }

  /** Deque's script, as its integration with Playwright ships it. */
  private static String axe() {
    try (InputStream in = Browser.class.getResourceAsStream("/axe.min.js")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void assertNoComplaint() {
    assertEquals("", String.join("\n", complaints));
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
