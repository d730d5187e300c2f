package io.fqtfleet.programs;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.Verdict;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.alerting.FeedbackDesk;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fleet alerts}: what happened, and what an operator thinks of it. */
@Command(name = "alerts", description = "incidents, and operators' verdicts on them")
final class AlertsCommand implements Runnable {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** What an operator may say, in one word. */
  enum Said {
    TRUE(Verdict.TRUE_POSITIVE),
    FALSE(Verdict.FALSE_POSITIVE),
    BENIGN(Verdict.BENIGN);

    private final Verdict verdict;

    Said(Verdict verdict) {
      this.verdict = verdict;
    }
  }

  @Spec private CommandSpec spec;

  @Option(
      names = "--kafka",
      paramLabel = "SERVERS",
      defaultValue = "localhost:9092",
      description = "default: ${DEFAULT-VALUE}")
  private String kafka;

  @Option(names = "--follow", description = "go on with each new state until Ctrl-C")
  private boolean follow;

  @Mixin private Listing listing;

  @Option(names = "--open", description = "only those that are not over")
  private boolean open;

  @Override
  public void run() {
    AlertTopics topics = new AlertTopics(kafka);
    if (follow) {
      Thread hook = StopOnSignal.install();
      try {
        topics.follow(this::show);
      } finally {
        StopOnSignal.remove(hook);
      }
    } else {
      topics.current().forEach(this::show);
    }
  }

  private void show(Alert alert) {
    if (!open || FeedbackDesk.isOpen(alert)) {
      PrintWriter out = spec.commandLine().getOut();
      if (listing.isTable()) {
        out.println(line(alert));
        out.flush();
      } else {
        listing.print(out, alert);
      }
    }
  }

  static String line(Alert alert) {
    AlertFeedback said = alert.getVerification();
    return "%s  %s  %-11s %-16s %-20s %s%s"
        .formatted(
            alert.getId(),
            TIME.format(Instant.ofEpochMilli(alert.getRaisedAtMs())),
            alert.getStatus(),
            alert.getKind(),
            alert.getKey(),
            said == null ? "" : "[" + said.getVerdict() + " says " + said.getAuthor() + "] ",
            alert.getSentence());
  }

  @Command(name = "feedback", description = "say whether an alert was right")
  void feedback(
      @Parameters(paramLabel = "ID", description = "of the alert, as listed") String id,
      @Option(
              names = "--verdict",
              required = true,
              paramLabel = "true|false|benign",
              description =
                  "true: it is as the alert says; false: nothing changed; benign: it changed and"
                      + " that is fine. The last two end the incident, and what is now becomes the"
                      + " reference")
          Said said,
      @Option(names = "--comment", paramLabel = "TEXT", defaultValue = "") String comment,
      @Option(names = "--author", paramLabel = "NAME", description = "default: who you are here")
          String author,
      @Option(names = "--kafka", paramLabel = "SERVERS", defaultValue = "localhost:9092")
          String servers) {
    AlertFeedback verdict =
        AlertFeedback.newBuilder()
            .setAlertId(id)
            .setVerdict(said.verdict)
            .setAuthor(author == null ? System.getProperty("user.name", "unknown") : author)
            .setComment(comment)
            .setGivenAtMs(System.currentTimeMillis())
            .build();
    try {
      FeedbackDesk.check(id, verdict);
    } catch (WireException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    AlertTopics topics = new AlertTopics(servers);
    Alert on = topics.find(id);
    topics.publish(verdict, on);
    spec.commandLine()
        .getOut()
        .printf(
            "%s on the %s of %s is stored; %s%n",
            said.verdict,
            on.getKind(),
            on.getKey(),
            FeedbackDesk.isOpen(on) && FeedbackDesk.refutes(verdict)
                ? "its incident ends with the next round"
                : "its record carries it from now on");
    spec.commandLine().getOut().flush();
  }
}
