package io.fqtfleet.streams.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.budget.Policies;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.junit.jupiter.api.Test;

class PolicyTextTest {
  /** What YAML would take for something else. */
  private static final List<String> NASTY =
      List.of(
          "plain",
          "",
          "no",
          "null",
          "~",
          "0x1f",
          "1.0",
          "1e3",
          "2026-12-24",
          "a: b",
          "# no comment",
          "- item",
          "'single' and \"double\"",
          "two\nlines",
          "tab\there",
          "{map}",
          "[list]",
          "*alias",
          "&anchor",
          "!tag",
          "%directive",
          "@at",
          "trailing:",
          "back\\slash",
          "größer ≥ 5 \uD83D\uDD25",
          "x".repeat(200) + " " + "y".repeat(200));

  private static Policy readBack(Policy policy) {
    String yaml = PolicyText.yaml(policy);
    return StrictYaml.parse("written", yaml, PolicyFile.class)
        .toPolicy(policy.getVersion(), policy.getAuthor(), policy.getAppliedAtMs());
  }

  @Test
  void theBuiltInPolicyReadsBackToItself() {
    assertEquals(Policies.DEFAULT, readBack(Policies.DEFAULT), PolicyText.yaml(Policies.DEFAULT));
  }

  /** Made from the schema, so that a field that YAML does not know is found here. */
  @Test
  void everyFieldOfAnyPolicyReadsBackToItself() throws WireException {
    WireCodec<Policy> codec = WireCodec.of(Policy.class);
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      Object made = random("cohort", Policy.getClassSchema(), random);
      Policy policy =
          codec.decode(
              codec.encode((Policy) SpecificData.get().deepCopy(Policy.getClassSchema(), made)));
      assertEquals(policy, readBack(policy), () -> "seed " + seed + "\n" + PolicyText.yaml(policy));
    }
  }

  /** Within the ranges that the YAML side itself checks; rules on policies are not its business. */
  private static Object random(String name, Schema schema, Random random) {
    return switch (schema.getType()) {
      case RECORD -> {
        var record =
            (org.apache.avro.specific.SpecificRecord) SpecificData.get().newRecord(null, schema);
        for (Schema.Field field : schema.getFields()) {
          record.put(field.pos(), random(field.name(), field.schema(), random));
        }
        yield record;
      }
      case ARRAY -> {
        List<Object> list = new ArrayList<>();
        int length = random.nextInt(4);
        for (int i = 0; i < length; i++) {
          list.add(random(name, schema.getElementType(), random));
        }
        yield list;
      }
      case MAP -> {
        Map<String, Object> map = new HashMap<>();
        int length = random.nextInt(3);
        for (int i = 0; i < length; i++) {
          map.put("key-" + i, random(name, schema.getValueType(), random));
        }
        yield map;
      }
      case UNION -> random(name, schema.getTypes().get(random.nextInt(2)), random);
      case ENUM -> {
        List<String> symbols = schema.getEnumSymbols();
        String symbol = symbols.get(random.nextInt(symbols.size()));
        yield SpecificData.get().createEnum(symbol, schema);
      }
      case STRING -> name.equals("cohort") ? "line-3" : NASTY.get(random.nextInt(NASTY.size()));
      case INT -> name.equals("canaryCount") ? random.nextInt(3) : 1 + random.nextInt(1000);
      case LONG -> 1 + random.nextInt(Integer.MAX_VALUE) * 1000L;
      case DOUBLE -> Math.scalb(random.nextDouble(), random.nextInt(40) - 20);
      case BOOLEAN -> random.nextBoolean();
      case NULL -> null;
      default -> throw new AssertionError(name + " is of an unexpected type " + schema);
    };
  }

  @Test
  void ratesAndTimesAreWrittenAsAPersonWould() {
    Policy policy =
        Policy.newBuilder(Policies.DEFAULT)
            .setRoundMs(90_000)
            .setTimeToLiveS(7200)
            .setQuiet(BudgetTerms.newBuilder(Policies.DEFAULT.getQuiet()).build())
            .build();
    String yaml = PolicyText.yaml(policy);
    for (String line :
        List.of(
            "cohort: \"*\"",
            "round: 90s",
            "timeToLive: 2h",
            "  learningRate: 0.002",
            "  lambdaMin: 0.05",
            "  grace: 500ms",
            "onExpiry: freeze",
            "    - input-mean")) {
      assertTrue(yaml.lines().anyMatch(line::equals), "no line '" + line + "' in\n" + yaml);
    }
  }

  @Test
  void differencesAreNamedByPathInAnOperatorsUnits() {
    Policy before = Policies.DEFAULT;
    Policy after =
        Policy.newBuilder(before)
            .setVersion(9)
            .setComment("another")
            .setAuthor("kim")
            .setFrozenDevices(List.of("a", "b"))
            .setTimeToLiveS(90)
            .setDrift(
                BudgetTerms.newBuilder(before.getDrift())
                    .setLambdaMaxPermille(805)
                    .setLearningRate(1 << 19)
                    .build())
            .build();
    assertEquals(
        List.of(
            "drift.lambdaMax: 1.0 -> 0.805",
            "drift.learningRate: 0.009999 -> 0.5",
            "frozenDevices: [] -> [a,b]",
            "timeToLive: 1h -> 90s"),
        PolicyText.differences(before, after).stream().map(Difference::toString).toList());
    assertEquals(List.of(), PolicyText.differences(after, Policy.newBuilder(after).build()));
  }

  @Test
  void jsonCarriesWhoAppliedItWhen() {
    var json = PolicyText.json(Policy.newBuilder(Policies.DEFAULT).setAuthor("kim").build());
    assertEquals("kim", json.get("author").asText());
    assertEquals("1970-01-01T00:00:00Z", json.get("appliedAt").asText());
    assertEquals(0.05, json.get("quiet").get("lambdaMin").asDouble());
    assertTrue(json.get("quiet").get("training").asBoolean());
  }
}
