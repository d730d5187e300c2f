package io.fqtfleet.programs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.RegistryState;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.UpdateBudget;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fleet why DEVICE}: what a device may train now, and which decisions led there. */
@Command(name = "why", description = "what a device may train now, and why")
final class WhyCommand implements Runnable {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** One unit of a learning rate is 2^-20. */
  private static final double RATE_UNITS = 1 << 20;

  private static final int LAST_LAYER_ALONE = 15;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DEVICE", description = "its id")
  private String device;

  @Option(
      names = "--kafka",
      paramLabel = "SERVERS",
      defaultValue = "localhost:9092",
      description = "default: ${DEFAULT-VALUE}")
  private String kafka;

  @Option(
      names = "--last",
      paramLabel = "N",
      defaultValue = "10",
      description = "decisions to show (${DEFAULT-VALUE})")
  private int decisionsShown;

  @Mixin private Listing listing;

  @Override
  public void run() {
    Topics.checkDevice(device);
    Standing standing =
        new Standing(
            last(Topics.STATUS, DeviceStatus.class),
            last(Topics.BUDGETS, UpdateBudget.class),
            last(Topics.ACKS, BudgetAck.class),
            decisions(),
            last(Topics.DEVICES, DeviceRegistration.class),
            RolloutCommands.all(kafka));
    if (standing.status == null
        && standing.budget == null
        && standing.registration == null
        && standing.decisions.isEmpty()) {
      throw new IllegalStateException(
          "nothing is known of a device '%s'; 'devices' lists those that have reported"
              .formatted(device));
    }
    if (!listing.isTable()) {
      listing.print(spec.commandLine().getOut(), standing.json(device));
      return;
    }
    for (String line : standing.lines(device)) {
      spec.commandLine().getOut().println(line);
    }
    spec.commandLine().getOut().flush();
  }

  private <T extends SpecificRecord> T last(String topic, Class<T> type) {
    AtomicReference<T> last = new AtomicReference<>();
    new FleetTopic<>(kafka, topic, type).read(device, (key, value) -> last.set(value));
    return last.get();
  }

  private List<Decision> decisions() {
    Deque<Decision> last = new ArrayDeque<>();
    new FleetTopic<>(kafka, Topics.DECISIONS, Decision.class)
        .read(
            device,
            (key, decision) -> {
              last.addLast(decision);
              if (last.size() > decisionsShown) {
                last.removeFirst();
              }
            });
    return List.copyOf(last);
  }

  /**
   * What the topics say of a device.
   *
   * @param status null = it never announced itself
   * @param budget the last one issued; null = none
   * @param ack its last answer; null = none
   * @param decisions oldest first
   * @param registration what the operator said of it; null = nothing
   * @param rollouts by cohort
   */
  record Standing(
      DeviceStatus status,
      UpdateBudget budget,
      BudgetAck ack,
      List<Decision> decisions,
      DeviceRegistration registration,
      Map<String, Rollout> rollouts) {

    /** As the operator says, else as the device says; empty = nobody does. */
    private String cohort() {
      return registration != null && registration.getCohort() != null
          ? registration.getCohort()
          : status == null ? "" : status.getCohort();
    }

    private List<String> registered() {
      return registration == null || registration.getState() == RegistryState.ENROLLED
          ? List.of()
          : List.of(
              "retired by %s at %s%s"
                  .formatted(
                      registration.getAuthor(),
                      TIME.format(Instant.ofEpochMilli(registration.getChangedAtMs())),
                      registration.getComment().isEmpty() ? "" : ": " + registration.getComment()));
    }

    /** One object: what is known as whole records, what is not as null. */
    ObjectNode json(String device) {
      ObjectNode all = JsonNodeFactory.instance.objectNode().put("device", device);
      all.put("cohort", cohort());
      all.set("status", whole(status));
      all.set("registration", whole(registration));
      all.set("budget", whole(budget));
      all.set("ack", whole(ack));
      all.set("rollout", whole(rollouts.get(cohort())));
      ArrayNode led = all.putArray("decisions");
      decisions.forEach(decision -> led.add(Listing.json(decision)));
      return all;
    }

    private static JsonNode whole(SpecificRecord record) {
      return record == null ? NullNode.getInstance() : Listing.json(record);
    }

    List<String> lines(String device) {
      List<String> lines = new ArrayList<>();
      lines.add(
          status == null
              ? "device %s has not announced itself".formatted(device)
              : "device %s: cohort %s, %s, %s on %s"
                  .formatted(
                      device,
                      cohort(),
                      status.getState(),
                      status.getFirmware(),
                      status.getBoard()));
      lines.addAll(registered());
      lines.addAll(budgetLines());
      Rollout rollout = rollouts.get(cohort());
      if (rollout != null && budget != null) {
        lines.add(RolloutCommands.partOf(rollout, device, budget.getPolicyVersion()));
      }
      for (Decision decision : decisions) {
        lines.add("");
        lines.add(
            "%s  %s -> %s: %s"
                .formatted(
                    TIME.format(Instant.ofEpochMilli(decision.getDecidedAtMs())),
                    decision.getFrom(),
                    decision.getTo(),
                    decision.getSentence()));
        if (decision.getEvidence() != null) {
          lines.add("    " + evidence(decision.getEvidence()));
        }
        if (decision.getAlertId() != null) {
          lines.add("    alert " + decision.getAlertId());
        }
      }
      return lines;
    }

    private List<String> budgetLines() {
      if (budget == null) {
        return List.of("no budget was issued: it follows its factory budget");
      }
      List<String> lines = new ArrayList<>();
      lines.add(
          "budget %d (%s, policy %d) of %s: %s"
              .formatted(
                  budget.getVersion(),
                  budget.getReason(),
                  budget.getPolicyVersion(),
                  TIME.format(Instant.ofEpochMilli(budget.getIssuedAtMs())),
                  terms(budget.getTerms())));
      if (budget.getTimeToLiveS() > 0) {
        lines.add(
            "    ends %d s after the device applied it, then: %s"
                .formatted(budget.getTimeToLiveS(), budget.getOnExpiry()));
      }
      lines.add("    " + answer());
      return lines;
    }

    private String answer() {
      if (ack == null) {
        return "the device has not answered yet";
      }
      return switch (ack.getOutcome()) {
        case REFUSED ->
            "the device refused budget %d: %s%s; in force is %d"
                .formatted(
                    ack.getAnsweredVersion(),
                    ack.getRefusal(),
                    ack.getField().isEmpty() ? "" : " (" + ack.getField() + ")",
                    ack.getVersionInForce());
        default ->
            ack.getVersionInForce() == budget.getVersion()
                ? "the device applied it"
                : "the device still follows budget %d: offline, or the newer one is on its way"
                    .formatted(ack.getVersionInForce());
      };
    }

    static String terms(BudgetTerms terms) {
      if (!terms.getTraining()) {
        return "no training";
      }
      int first = terms.getFirstTrainableLayer();
      return "trains %s..%s %% of the structures of %s, rate %.3g, %s, %s, %d mJ and %d mJ/h"
          .formatted(
              share(terms.getLambdaMinPermille()),
              share(terms.getLambdaMaxPermille()),
              first == LAST_LAYER_ALONE ? "the last layer" : "layers from " + first + " on",
              terms.getLearningRate() / RATE_UNITS,
              terms.getTrainEveryNth() == 1
                  ? "every sample"
                  : "every " + terms.getTrainEveryNth() + "th sample",
              terms.getPseudoLabelPermille() == 0
                  ? "labelled ones only"
                  : "unlabelled ones from " + share(terms.getPseudoLabelPermille()) + " % on",
              terms.getEnergyCapacityMilliJoule(),
              terms.getEnergyRefillMilliJoulePerHour());
    }

    private static String share(int permille) {
      return permille % 10 == 0
          ? Integer.toString(permille / 10)
          : permille / 10 + "." + permille % 10;
    }

    private static String evidence(AlertEvidence e) {
      String change =
          "%s: from %.4g to %.4g over %d samples"
              .formatted(e.getStatistic(), e.getBaseline(), e.getCurrent(), e.getSamples());
      String strength =
          "evidence e^%.1f (threshold e^%.1f)".formatted(e.getLogEvidence(), e.getLogThreshold());
      String price =
          "at most %.2g false alarms a day for the fleet%s"
              .formatted(
                  e.getImpliedFalseAlarmsPerDay(), e.getBoundIsEmpirical() ? " (estimated)" : "");
      return change + "; " + strength + ", " + price;
    }
  }
}
