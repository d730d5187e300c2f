package io.fqtfleet.streams.round;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.budget.PolicyRules;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.state.AckEvidence;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.DeviceLeft;
import io.fqtfleet.streams.state.ReportEvidence;
import io.fqtfleet.streams.state.StatusEvidence;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What holds in every history, however wild: devices, losses, refusals, policies by chance. */
class RandomHistoriesTest {
  private static final long T0 = 1_700_000_000_000L / 2000 * 2000;
  private static final int DEVICES = 8;
  private static final int ROUNDS = 150;

  /** One history; every number in it follows from the seed. */
  private static final class History {
    final Random random;
    final long seed;
    final CohortCard[] cohort = {new CohortCard()};
    final TreeMap<String, DeviceCard> cards = new TreeMap<>();
    final double[] error = new double[DEVICES];
    final long[] version = new long[DEVICES];
    final long[] sequence = new long[DEVICES];
    final Map<String, Long> issued = new HashMap<>();
    final Map<String, Alert> open = new HashMap<>();
    Policy policy = Policy.newBuilder(Policies.DEFAULT).setVersion(1).build();

    History(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
      java.util.Arrays.fill(error, 0.1);
    }

    List<CohortEvent> events(long startMs) {
      List<CohortEvent> events = new ArrayList<>();
      for (int d = 0; d < DEVICES; d++) {
        String id = "d" + d;
        long atMs = startMs + random.nextInt(2000);
        if (random.nextInt(20) == 0) {
          error[d] = random.nextInt(3) == 0 ? random.nextDouble() : 0.1;
        }
        if (cards.get(id) == null || random.nextInt(30) == 0) {
          // The intake tells the highest version that was issued or reported anywhere.
          long known = Math.max(version[d], issued.getOrDefault(id, 0L));
          events.add(
              new CohortEvent("c", id, atMs, new StatusEvidence(random.nextInt(9) > 0, 1, known)));
        }
        if (random.nextInt(60) == 0) {
          events.add(new CohortEvent("c", id, atMs + 1, new DeviceLeft()));
        }
        if (random.nextInt(8) > 0) {
          events.add(new CohortEvent("c", id, atMs, report(d)));
        }
        answer(d, atMs, events);
      }
      return events;
    }

    private ReportEvidence report(int d) {
      int n = random.nextInt(40);
      int wrong = 0;
      for (int i = 0; i < n; i++) {
        wrong += random.nextDouble() < error[d] ? 1 : 0;
      }
      boolean stuck = error[d] > 0.9;
      return ReportEvidence.newBuilder()
          .setBootCounter(1)
          .setSequence(++sequence[d])
          .setSinceMs(0)
          .setSamplesSeen(n)
          .setSamplesLabelled(n)
          .setSamplesCorrect(n - wrong)
          .setSamplesTrained(0)
          .setLossSum(0)
          .setGradNormSquareSum(0)
          .setGradSamples(0)
          .setConfidenceSum(0)
          .setInputCount(512L * n)
          .setInputSum(stuck ? 5L * 512 * n : random.nextInt(100))
          .setInputSquareSum(stuck ? 25L * 512 * n : 1_000_000L * 512 * n)
          .setInputMin(stuck ? 5 : -9)
          .setInputMax(stuck ? 5 : 9)
          .setMacsForward(0)
          .setMacsBackward(0)
          .setEnergyMicroJoule(0)
          .setBudgetVersion(version[d])
          .setReportsLost(0)
          .setReportsDropped(0)
          .build();
    }

    private void answer(int d, long atMs, List<CohortEvent> events) {
      Long last = issued.get("d" + d);
      if (last == null || last <= version[d] || random.nextInt(4) == 0) {
        return;
      }
      boolean refused = random.nextInt(5) == 0;
      // Now and then a device knows of a version that we never issued.
      version[d] = refused ? version[d] : last + (random.nextInt(20) == 0 ? 7 : 0);
      String why = refused ? "STORE_FAILED" : "";
      events.add(
          new CohortEvent("c", "d" + d, atMs, new AckEvidence(last, version[d], refused, why)));
    }

    void maybeChangePolicy() {
      if (random.nextInt(15) > 0) {
        return;
      }
      int low = random.nextInt(300);
      BudgetTerms quiet =
          BudgetTerms.newBuilder(Policies.DEFAULT.getQuiet())
              .setLambdaMinPermille(low)
              .setLambdaMaxPermille(Math.max(1, low + random.nextInt(100)))
              .build();
      BudgetTerms drift =
          BudgetTerms.newBuilder(Policies.DEFAULT.getDrift())
              .setLambdaMinPermille(400)
              .setLambdaMaxPermille(500 + random.nextInt(500))
              .build();
      policy =
          Policy.newBuilder(policy)
              .setVersion(policy.getVersion() + 1)
              .setFrozen(random.nextInt(4) == 0)
              .setFrozenDevices(random.nextBoolean() ? List.of("d3") : List.of())
              .setQuiet(quiet)
              .setDrift(drift)
              .setTimeToLiveS(random.nextBoolean() ? 60 : 0)
              .build();
      assertEquals(List.of(), PolicyRules.problems(policy), "seed " + seed);
    }

    CohortRound.Outcome close(long endMs, List<CohortEvent> events) {
      return CohortRound.decide(
          new CohortRound.Closed("c", endMs, 2000, 1000, policy), cohort[0], cards, events);
    }

    void check(CohortRound.Outcome outcome, Map<String, DeviceCard> before) {
      String story = "seed " + seed + ": ";
      Set<String> decided =
          outcome.decisions().stream()
              .filter(d -> d.getBudgetVersion() != null)
              .map(d -> d.getDevice() + "/" + d.getBudgetVersion())
              .collect(Collectors.toSet());
      for (UpdateBudget budget : outcome.budgets()) {
        checkBudget(budget, story);
        assertTrue(decided.remove(budget.getDevice() + "/" + budget.getVersion()), story + budget);
      }
      assertEquals(Set.of(), decided, story + "decisions without their budget");
      for (Decision decision : outcome.decisions()) {
        assertFalse(decision.getSentence().isBlank(), story);
      }
      outcome.alerts().forEach(alert -> checkAlert(alert, story));
      cards.forEach((device, card) -> checkCard(device, card, story));
    }

    private void checkBudget(UpdateBudget budget, String story) {
      String device = budget.getDevice();
      long known = Math.max(issued.getOrDefault(device, 0L), version[device.charAt(1) - '0']);
      assertTrue(budget.getVersion() > known, story + "version not above " + known + budget);
      issued.put(device, budget.getVersion());
      BudgetTerms terms = budget.getTerms();
      boolean frozen = policy.getFrozen() || policy.getFrozenDevices().contains(device);
      assertFalse(frozen && terms.getTraining(), story + "frozen, yet trains " + budget);
      int most =
          Math.max(
              policy.getDrift().getLambdaMaxPermille(), policy.getTrial().getLambdaMaxPermille());
      assertTrue(terms.getLambdaMaxPermille() <= most, story + budget);
      assertTrue(
          terms.getLambdaMinPermille()
              >= Math.min(
                  policy.getQuiet().getLambdaMinPermille(),
                  policy.getTrial().getLambdaMinPermille()),
          story + budget);
      assertTrue(
          budget.getTimeToLiveS() == 0 || budget.getTimeToLiveS() == policy.getTimeToLiveS());
      assertEquals(policy.getVersion(), budget.getPolicyVersion(), story);
    }

    private void checkAlert(Alert alert, String story) {
      Alert before = open.get(alert.getId());
      boolean over =
          alert.getStatus() == AlertStatus.RESOLVED || alert.getStatus() == AlertStatus.INVALIDATED;
      assertEquals(alert.getStatus() == AlertStatus.FIRING, before == null, story + alert);
      assertEquals(over, alert.getResolvedAtMs() != null, story + alert);
      if (over) {
        open.remove(alert.getId());
      } else {
        open.put(alert.getId(), alert);
      }
    }

    private void checkCard(String device, DeviceCard card, String story) {
      boolean frozen = policy.getFrozen() || policy.getFrozenDevices().contains(device);
      boolean mayTrain = !frozen && card.standing() != Standing.FAULT;
      assertEquals(mayTrain, card.budget().getTerms().getTraining(), story + device);
      boolean hasAlert = card.alert != null;
      boolean alone = card.isolated() || card.standing() == Standing.RECOVERING && hasAlert;
      assertEquals(alone, hasAlert, story + device + " " + card.standing());
      assertTrue(!hasAlert || open.containsKey(card.alert.getId()), story + device);
      // What is stored is what goes on.
      assertTrue(
          java.util.Arrays.equals(card.toBytes(), DeviceCard.of(card.toBytes()).toBytes()), story);
    }
  }

  @Test
  void theRulesHoldInEveryHistory() {
    int incidents = 0;
    int faults = 0;
    for (long seed = 0; seed < 60; seed++) {
      History history = new History(seed);
      for (int round = 0; round < ROUNDS; round++) {
        history.maybeChangePolicy();
        long startMs = T0 + round * 2000L;
        List<CohortEvent> events = history.events(startMs);
        CohortRound.Outcome outcome = history.close(startMs + 2000, events);
        history.check(outcome, history.cards);
        for (Alert alert : outcome.alerts()) {
          incidents += alert.getStatus() == AlertStatus.FIRING ? 1 : 0;
        }
        faults +=
            (int)
                history.cards.values().stream().filter(c -> c.standing() == Standing.FAULT).count();
      }
    }
    assertTrue(incidents > 50 && faults > 100, incidents + " incidents, " + faults + " faults");
  }

  @Test
  void theOrderOfARoundsEvidenceChangesNothing() {
    for (long seed = 100; seed < 110; seed++) {
      History a = new History(seed);
      History b = new History(seed);
      Random order = new Random(seed);
      for (int round = 0; round < ROUNDS; round++) {
        long startMs = T0 + round * 2000L;
        List<CohortEvent> events = a.events(startMs);
        List<CohortEvent> permuted = new ArrayList<>(b.events(startMs));
        Collections.shuffle(permuted, order);
        CohortRound.Outcome one = a.close(startMs + 2000, events);
        CohortRound.Outcome two = b.close(startMs + 2000, permuted);
        String story = "seed " + seed + " round " + round;
        assertEquals(one.departed(), two.departed(), story);
        assertEquals(one.decisions(), two.decisions(), story);
        assertEquals(one.budgets(), two.budgets(), story);
        assertEquals(one.alerts(), two.alerts(), story);
        assertEquals(one.health().toString(), two.health().toString(), story);
        a.check(one, a.cards);
        b.check(two, b.cards);
      }
    }
  }
}
