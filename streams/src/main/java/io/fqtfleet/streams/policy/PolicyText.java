package io.fqtfleet.streams.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.Policy;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A policy of the config topic as the text that an operator would write, and what two differ in.
 */
public final class PolicyText {
  /** Quotes whatever could be read as something else than this text, such as 1e3. */
  private static final class Quoting extends StringQuotingChecker.Default {
    private static final long serialVersionUID = 1L;
    private static final Pattern PLAIN =
        Pattern.compile("[A-Za-z][A-Za-z0-9_ ,-]*|[0-9]+(ms|s|m|h|d)");

    @Override
    public boolean needToQuoteValue(String value) {
      return super.needToQuoteValue(value) || !PLAIN.matcher(value).matches();
    }
  }

  private static final YAMLMapper YAML =
      YAMLMapper.builder(YAMLFactory.builder().stringQuotingChecker(new Quoting()).build())
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
          .build();

  /** No double has more significant decimal digits. */
  private static final int DIGITS_MAX = 17;

  /** What tells one version from the next without changing what a device may train. */
  private static final List<String> ABOUT_THE_VERSION = List.of("version", "comment");

  private PolicyText() {}

  /** Every field, those with their default too, so that it reads back to the same policy. */
  public static PolicyFile file(Policy policy) {
    return new PolicyFile(
        policy.getCohort(),
        policy.getVersion(),
        policy.getComment(),
        policy.getFrozen(),
        policy.getFrozenDevices(),
        Duration.ofMillis(policy.getRoundMs()),
        terms(policy.getQuiet(), policy.getRoundMs()),
        terms(policy.getDrift(), policy.getRoundMs()),
        terms(policy.getTrial(), policy.getRoundMs()),
        policy.getRecoveryRounds(),
        Duration.ofSeconds(policy.getTimeToLiveS()),
        policy.getOnExpiry(),
        detection(policy.getDriftSettings()),
        policy.getSilences().stream()
            .map(
                s ->
                    new PolicyFile.Silencing(
                        s.getCohort().isEmpty() ? null : s.getCohort(),
                        s.getKind(),
                        Instant.ofEpochMilli(s.getUntilMs()).toString(),
                        s.getReason(),
                        s.getAuthor()))
            .toList(),
        policy.getRollout() == null ? null : RolloutFile.of(policy.getRollout()),
        policy.getQuietHours().stream().map(RolloutFile.Quiet::of).toList(),
        policy.getEnergy() == null ? null : RolloutFile.Energy.of(policy.getEnergy()),
        policy.getChooseLayers());
  }

  private static PolicyFile.Terms terms(BudgetTerms terms, int roundMs) {
    return new PolicyFile.Terms(
        terms.getTraining(),
        share(terms.getLambdaMinPermille()),
        share(terms.getLambdaMaxPermille()),
        terms.getFirstTrainableLayer(),
        rate(terms.getLearningRate()),
        terms.getBatchSize(),
        terms.getTrainEveryNth(),
        share(terms.getPseudoLabelPermille()),
        terms.getEnergyCapacityMilliJoule(),
        terms.getEnergyRefillMilliJoulePerHour(),
        terms.getReportIntervalMs() == roundMs
            ? null
            : Duration.ofMillis(terms.getReportIntervalMs()));
  }

  private static PolicyFile.Detection detection(DriftSettings settings) {
    return new PolicyFile.Detection(
        settings.getFalsePagesPerFleetDay(),
        settings.getWarmupReports(),
        settings.getLagReports(),
        Duration.ofMillis(settings.getGraceMs()),
        settings.getQuietRounds(),
        settings.getTrialRounds(),
        settings.getSignals(),
        settings.getFalseDiscoveryRate(),
        settings.getSilentRounds(),
        settings.getDetectors().stream()
            .map(d -> new PolicyFile.Choice(d.getSignal(), d.getDetector(), d.getSettings()))
            .toList());
  }

  static double share(int permille) {
    return permille / 1000.0;
  }

  /** The shortest decimal that is this number of units: 0.002, not 0.00199985504150390625. */
  private static double rate(int units) {
    BigDecimal exact = BigDecimal.valueOf(units).divide(BigDecimal.valueOf(PolicyFile.RATE_UNITS));
    for (int digits = 1; digits < DIGITS_MAX; digits++) {
      double rounded = exact.round(new MathContext(digits)).doubleValue();
      if (Math.round(rounded * PolicyFile.RATE_UNITS) == units) {
        return rounded;
      }
    }
    return exact.doubleValue();
  }

  /** The policy as YAML; {@link io.fqtfleet.schemas.StrictYaml} reads it back. */
  public static String yaml(Policy policy) {
    try {
      return YAML.writeValueAsString(tree(file(policy)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values can always be written", e);
    }
  }

  /** The policy in an operator's units, with who applied it when. */
  public static JsonNode json(Policy policy) {
    ObjectNode tree = (ObjectNode) tree(file(policy));
    tree.put("author", policy.getAuthor());
    tree.put("appliedAt", Instant.ofEpochMilli(policy.getAppliedAtMs()).toString());
    return tree;
  }

  private static JsonNode tree(Object value) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    if (value instanceof Record record) {
      ObjectNode node = nodes.objectNode();
      for (RecordComponent component : record.getClass().getRecordComponents()) {
        Object part = component(record, component);
        if (part != null) {
          node.set(component.getName(), tree(part));
        }
      }
      return node;
    } else if (value instanceof Collection<?> list) {
      return nodes.arrayNode().addAll(list.stream().map(PolicyText::tree).toList());
    } else if (value instanceof Map<?, ?> map) {
      ObjectNode node = nodes.objectNode();
      new TreeMap<>(map).forEach((key, part) -> node.set(key.toString(), tree(part)));
      return node;
    } else if (value instanceof Duration duration) {
      return nodes.textNode(words(duration));
    } else if (value instanceof Enum<?> constant) {
      return nodes.textNode(constant.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    } else if (value instanceof Boolean flag) {
      return nodes.booleanNode(flag);
    } else if (value instanceof Double number) {
      return nodes.numberNode(number);
    } else if (value instanceof Number number) {
      return nodes.numberNode(number.longValue());
    }
    return nodes.textNode(value.toString());
  }

  private static Object component(Record record, RecordComponent component) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }

  /** In the largest unit that needs no fraction. */
  private static String words(Duration duration) {
    long ms = duration.toMillis();
    if (ms == 0) {
      return "0s";
    }
    long day = Duration.ofDays(1).toMillis();
    long hour = Duration.ofHours(1).toMillis();
    long minute = Duration.ofMinutes(1).toMillis();
    long second = Duration.ofSeconds(1).toMillis();
    return ms % day == 0
        ? ms / day + "d"
        : ms % hour == 0
            ? ms / hour + "h"
            : ms % minute == 0
                ? ms / minute + "m"
                : ms % second == 0 ? ms / second + "s" : ms + "ms";
  }

  /** One per setting that differs, by path; empty = the same policy. */
  public static List<Difference> differences(Policy before, Policy after) {
    Map<String, String> old = leaves(before);
    Map<String, String> now = leaves(after);
    TreeSet<String> paths = new TreeSet<>(old.keySet());
    paths.addAll(now.keySet());
    List<Difference> found = new ArrayList<>();
    for (String path : paths) {
      String was = old.getOrDefault(path, "(none)");
      String is = now.getOrDefault(path, "(none)");
      if (!was.equals(is) && !ABOUT_THE_VERSION.contains(path)) {
        found.add(new Difference(path, was, is));
      }
    }
    return found;
  }

  /** Every setting by its path. */
  public static Map<String, String> leaves(Policy policy) {
    Map<String, String> leaves = new TreeMap<>();
    leaves("", tree(file(policy)), leaves);
    return leaves;
  }

  private static void leaves(String path, JsonNode node, Map<String, String> into) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              part ->
                  leaves(
                      path.isEmpty() ? part.getKey() : path + "." + part.getKey(),
                      part.getValue(),
                      into));
    } else if (node.isArray() && !node.isEmpty() && !node.get(0).isValueNode()) {
      for (int i = 0; i < node.size(); i++) {
        leaves(path + "[" + i + "]", node.get(i), into);
      }
    } else {
      into.put(path, node.isArray() ? node.toString().replace("\"", "") : node.asText());
    }
  }
}
