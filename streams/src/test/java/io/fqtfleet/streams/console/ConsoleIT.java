package io.fqtfleet.streams.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.StreamsService;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The console in a browser, on a fleet that drifts and recovers. */
class ConsoleIT {
  private static final String MARKUP = "<img src=x onerror=alert(1)>";
  private static final double PATIENCE_MS = 90_000;

  @TempDir Path directory;
  private Browser browser;

  @Test
  void anOperatorSeesADriftComeAndGo() throws Exception {
    Optional<Path> chromium = Browser.chromium();
    boolean required = "1".equals(System.getenv("REQUIRE_TOOLS"));
    assertTrue(chromium.isPresent() || !required, "there is no Chromium: apt-get install chromium");
    Assumptions.assumeTrue(chromium.isPresent(), "SKIPPED: there is no Chromium");
    PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MS);
    try (LiveFleet live = new LiveFleet(directory, 5, 10, 7);
        Browser opened = new Browser(chromium.get())) {
      browser = opened;
      live.probe.sendBytes(Topics.REPORTS, MARKUP, new byte[] {1, 2, 3, 4});
      Page page = browser.page(1300, 900, ColorScheme.LIGHT);
      logIn(page, live);
      overview(page);
      drift(page, live);
      devices(page);
      freeze(page);
      policy(page);
      rollout(page);
      deadLetters(page);
      recovery(page);
      onAPhoneInTheDark(live);
      servedByEveryInstance(live);
      disconnected(page, live);
      browser.assertNoComplaint();
    }
  }

  private void logIn(Page page, LiveFleet live) {
    page.navigate(live.address());
    page.getByLabel("Token").fill("wrong-wrong-wrong");
    page.keyboard().press("Enter");
    assertThat(page.locator("#login-problem")).containsText("no role has this token");
    browser.shot(page, "01-login-refused");
    page.getByLabel("Token").fill(LiveFleet.OPERATOR_TOKEN);
    page.getByLabel("Your name").fill("mia");
    page.keyboard().press("Enter");
    assertThat(page.locator("#who")).containsText("mia, operator");
  }

  private void overview(Page page) {
    assertThat(page.locator("section.panel")).hasCount(5);
    assertThat(page.locator("section.panel canvas[role=img]")).hasCount(30);
    assertThat(page.locator("#link")).hasText("live");
    // Every curve speaks: a name, now, range.
    String said = page.locator("section.panel canvas").first().getAttribute("aria-label");
    assertTrue(said.matches("Accuracy: now \\d.*between.*since.*"), said);
  }

  private void drift(Page page, LiveFleet live) {
    live.drift("line-1", 0.6);
    Locator trouble = page.locator("section.panel.trouble");
    assertThat(trouble).hasCount(1);
    assertThat(trouble).hasAttribute("aria-label", "Cohort line-1");
    assertThat(page.locator("nav .count")).hasText("1");
    // Only a picture: the incident does not wait for a check. The phone's overview is checked.
    Browser.picture(page, "02-fleet-drift");
    page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("drift").setExact(true))
        .click();
    assertThat(page.locator("h1")).hasText("domain drift: line-1");
    assertThat(page.locator("canvas").first())
        .hasAttribute("aria-label", Pattern.compile("Accuracy of line-1: .*; onset .*; raised .*"));
    assertThat(page.locator("dl.facts").first()).containsText("threshold e^");
    page.getByText("True alarm").click();
    page.getByLabel("Why").fill(MARKUP);
    browser.shot(page, "03-verdict");
    page.getByText("Store verdict").click();
    assertThat(page.locator("#toast")).containsText("stored");
    assertThat(
            page.locator("main .badge")
                .filter(new Locator.FilterOptions().setHasText("true positive says mia")))
        .isVisible();
    browser.shot(page, "04-alert");
    page.getByText("Silence …").click();
    page.getByText("Silence", new Page.GetByTextOptions().setExact(true)).click();
    assertThat(page.locator("#problem-comment")).containsText("say why");
    page.getByLabel("Why").fill("moved to hall 2");
    page.getByText("Silence", new Page.GetByTextOptions().setExact(true)).click();
    assertThat(page.locator("#toast")).containsText("stored as version 2 of policy *");
    live.letLearn();
  }

  private void devices(Page page) {
    nav(page, "Devices");
    page.getByLabel("Cohort").fill("line-1");
    page.getByText("Show", new Page.GetByTextOptions().setExact(true)).click();
    assertThat(page.locator("tbody tr")).hasCount(10);
    browser.shot(page, "05-devices");
    page.getByText("dev-1-03", new Page.GetByTextOptions().setExact(true)).click();
    assertThat(page.locator("h1")).hasText("Device dev-1-03");
    assertThat(page.locator("main")).containsText("domain drift");
    assertThat(page.getByText("Layers, since")).isVisible();
    browser.shot(page, "06-device");
  }

  private void freeze(Page page) {
    nav(page, "Policies");
    page.getByText("Freeze the fleet …").click();
    page.getByLabel("Why").fill("smell of smoke");
    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Freeze").setExact(true))
        .last()
        .click();
    assertThat(page.locator("#toast")).containsText("frozen: *");
    assertThat(page.locator("tbody").first()).containsText("frozen: smell of smoke");
    browser.shot(page, "07-policies");
    page.getByText("Thaw the fleet …").click();
    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Thaw").setExact(true))
        .last()
        .click();
    assertThat(page.locator("#toast")).containsText("thawed: *");
    assertThat(page.locator("tbody").last().locator("tr")).hasCount(4);
    page.locator("tbody").last().getByText("version 2").click();
    assertThat(page.locator("h1")).containsText("version 2");
    assertThat(page.locator("table")).containsText("silences");
    browser.shot(page, "07-policy-diff");
  }

  /** Twice the batch, first for two canaries; what is wrong is said beside its line. */
  private void policy(Page page) {
    nav(page, "Policies");
    page.getByLabel("Edit the policy of all others (*)").click();
    Locator text = page.locator("#policy");
    assertThat(text).hasValue(Pattern.compile("version: 4\n"));
    String yaml = text.inputValue();
    text.fill(
        yaml.replaceFirst("lambdaMin: 0.05", "lambdaMin: 1.5").replace("grace: 1", "grade: 1"));
    assertThat(page.locator(".notes li")).hasCount(2);
    assertThat(page.locator(".notes")).containsText("lambdaMin 1.5 is not between 0 and 1");
    assertThat(page.locator(".notes")).containsText("did you mean 'grace'");
    assertThat(page.locator("button.go")).isDisabled();
    browser.shot(page, "08-policy-wrong");
    page.locator(".notes button").first().click();
    assertThat(text).isFocused();
    text.fill(
        yaml.replaceFirst("batchSize: \\d+", "batchSize: 16")
            + "rollout: {canaryCount: 2, soakRounds: 2, minSamples: 20,"
            + " approval: after-canaries}\n");
    assertThat(page.locator("#policy-verdict")).containsText("changed terms go out in stages");
    assertThat(page.locator("main table")).containsText("quiet.batchSize");
    page.getByLabel("Why; empty").fill(MARKUP);
    browser.shot(page, "08-policy-differences");
    page.locator("button.go").click();
    assertThat(page.locator("#toast")).containsText("stored as version 5 of policy *");
    assertThat(page.locator("tbody").first()).containsText(MARKUP);
  }

  /** Canaries, a pause, the word that lets the rest follow, and all have it. */
  private void rollout(Page page) {
    nav(page, "Rollouts");
    Locator rollout =
        page.locator("article")
            .filter(
                new Locator.FilterOptions()
                    .setHas(
                        page.getByRole(
                            AriaRole.LINK,
                            new Page.GetByRoleOptions().setName("line-0").setExact(true))));
    assertThat(rollout).containsText("2 of 10 devices have the new terms");
    order(page, rollout, "pause");
    assertThat(rollout.locator(".badge")).hasText("paused");
    order(page, rollout, "resume");
    assertThat(rollout.locator(".badge")).hasText("waiting");
    browser.shot(page, "09-rollout-waits");
    order(page, rollout, "approve");
    assertThat(rollout.locator(".badge")).hasText("complete");
    assertThat(rollout).containsText("10 of 10 devices have the new terms");
    browser.shot(page, "09-rollout-complete");
  }

  private static void order(Page page, Locator rollout, String action) {
    rollout.getByText(action, new Locator.GetByTextOptions().setExact(true)).click();
    page.locator("dialog button.go").click();
    assertThat(page.locator("#toast")).containsText("stored");
    assertThat(page.locator("dialog")).hasCount(0);
  }

  private void deadLetters(Page page) {
    nav(page, "Dead letters");
    assertThat(page.locator("article h3").first()).hasText(MARKUP);
    assertEquals(0, page.locator("main img").count(), "a key became markup");
    page.locator("summary").first().click();
    assertThat(page.locator("pre").last()).hasText("01 02 03 04");
    browser.shot(page, "10-dead-letters");
  }

  private void recovery(Page page) {
    nav(page, "Alerts");
    Locator.FilterOptions drift = new Locator.FilterOptions().setHasText("domain drift: line-1");
    Locator.FilterOptions over = new Locator.FilterOptions().setHasText("resolved");
    assertThat(page.locator("article").filter(drift).filter(over).first()).isVisible();
    browser.shot(page, "11-alerts-over");
    nav(page, "Fleet");
    assertThat(page.locator("section.panel.trouble")).hasCount(0);
    page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("line-1").setExact(true))
        .click();
    assertThat(page.locator("canvas").first())
        .hasAttribute("aria-label", Pattern.compile("Accuracy: .*; onset .*; over .*"));
    page.locator("details").first().locator("summary").click();
    assertThat(page.locator("details").first()).containsText("Accuracy, the last value first");
    browser.shot(page, "12-cohort-recovered");
  }

  private void onAPhoneInTheDark(LiveFleet live) {
    Page phone = browser.page(390, 800, ColorScheme.DARK);
    phone.navigate(live.address() + "/#token=" + LiveFleet.READ_TOKEN);
    assertThat(phone.locator("section.panel")).hasCount(5);
    assertFalse(phone.url().contains(LiveFleet.READ_TOKEN), "the address keeps the token");
    Object wide = phone.evaluate("document.documentElement.scrollWidth > innerWidth");
    assertEquals(false, wide, "the page is wider than a phone");
    browser.shot(phone, "13-phone-dark");
    phone.navigate(live.address() + "/#/policies");
    assertThat(phone.locator("h1")).hasText("Policies");
    assertEquals(0, phone.getByText("Freeze the fleet …").count(), "a reader is offered orders");
    browser.shot(phone, "14-phone-policies");
    phone.close();
  }

  /**
   * Both instances list the devices of every cohort. Each cohort is with one of them, so the other
   * has asked it.
   */
  private static void servedByEveryInstance(LiveFleet live) throws Exception {
    try (StreamsService second = live.instance("second")) {
      second.start();
      assertTrue(second.awaitReady(Duration.ofSeconds(90)), "the second instance is not ready");
      for (int port : List.of(live.service.opsPort(), second.opsPort())) {
        for (int cohort = 0; cohort < 5; cohort++) {
          awaitTenDevices(port, "line-" + cohort);
        }
      }
    }
  }

  /** While tasks move between instances the answer is 503: ask again. */
  private static void awaitTenDevices(int port, String cohort) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + port + "/api/devices?cohort=" + cohort))
            .header("Authorization", "Bearer " + LiveFleet.READ_TOKEN)
            .build();
    HttpClient http = HttpClient.newHttpClient();
    long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
    String answer;
    do {
      answer = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
      if (Views.JSON.readTree(answer).path("devices").size() == 10) {
        return;
      }
      Thread.sleep(100);
    } while (System.nanoTime() < deadline);
    throw new AssertionError(port + " says of " + cohort + ": " + answer);
  }

  private void disconnected(Page page, LiveFleet live) throws Exception {
    live.service.close();
    assertThat(page.locator("#link")).hasText("disconnected");
    assertThat(page.locator("#banner")).containsText("what is shown is from before");
    assertThat(page.locator("main .bar").first()).containsText(Pattern.compile("(1\\d|2\\d) s"));
    Browser.picture(page, "15-disconnected");
  }

  private static void nav(Page page, String name) {
    page.locator("nav").getByText(name, new Locator.GetByTextOptions().setExact(false)).click();
    assertThat(page.locator("h1")).containsText(Pattern.compile(name.split(" ")[0]));
  }
}
