package io.fqtfleet.programs.proof;

import io.fqtfleet.programs.proof.Sensor.Block;
import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.sim.device.NativeAgent;
import io.fqtfleet.sim.device.NativeAgent.Counters;
import io.fqtfleet.sim.device.ProvisioningPage;
import io.fqtfleet.sim.signal.SampleSource;
import java.util.Arrays;
import java.util.List;

/** One device under one controller: the firmware's agent, and what it did in each round. */
final class Twin implements AutoCloseable {
  private static final WireCodec<UpdateBudget> BUDGETS = WireCodec.of(UpdateBudget.class);
  private static final WireCodec<BudgetAck> ACKS = WireCodec.of(BudgetAck.class);

  /** Of the host in the firmware's energy table: simulated devices stand for a Cortex-M4. */
  static final double PICOJOULE_PER_MAC = 900;

  private static final int KEY_ID = 1;

  /** A device that never left the bench needs no secret. */
  private static final byte[] KEY = new byte[BudgetSignature.KEY_BYTES];

  private final String id;
  private final NativeAgent agent;
  private final Referee referee;
  private ReasonCode reason = ReasonCode.UNKNOWN;
  private long macsBefore;

  final int[] judged;
  final int[] correct;

  /** Training, by the reason of the budget that allowed it. */
  final long[] macsByReason = new long[ReasonCode.values().length];

  /** First round whose report named a budget with that reason, -1 = none. */
  final int[] firstRound = new int[ReasonCode.values().length];

  Twin(String id, String cohort, BudgetTerms factory, byte[] modelPage, int rounds, int nonce) {
    this.id = id;
    ProvisioningPage page =
        new ProvisioningPage(id, cohort, "host", KEY_ID, KEY, List.of(), factory);
    this.agent = NativeAgent.open(page.toBytes(), modelPage, 1, nonce);
    this.referee = new Referee(factory, PICOJOULE_PER_MAC);
    this.judged = new int[rounds];
    this.correct = new int[rounds];
    Arrays.fill(firstRound, -1);
  }

  /** Learns windows; runs of judged ones apart from the others, whose answers do not count. */
  void learn(int round, Block block, long periodMs) {
    int begin = 0;
    while (begin < block.count()) {
      int end = begin + 1;
      while (end < block.count() && block.judged()[end] == block.judged()[begin]) {
        end++;
      }
      learn(round, block, begin, end, periodMs);
      begin = end;
    }
    long now = agent.counters().macsBackward();
    macsByReason[reason.ordinal()] += now - macsBefore;
    macsBefore = now;
    referee.look(now, (block.first() + block.count()) * periodMs);
  }

  private void learn(int round, Block block, int begin, int end, long periodMs) {
    boolean all = begin == 0 && end == block.count();
    short[] samples =
        all
            ? block.samples()
            : Arrays.copyOfRange(
                block.samples(), begin * SampleSource.WINDOW, end * SampleSource.WINDOW);
    byte[] labels = all ? block.labels() : Arrays.copyOfRange(block.labels(), begin, end);
    long before = agent.counters().correct();
    agent.windows(samples, labels, (block.first() + begin + 1) * periodMs, (int) periodMs);
    if (block.judged()[begin]) {
      judged[round] += end - begin;
      correct[round] += (int) (agent.counters().correct() - before);
    }
  }

  byte[] birth() {
    return agent.status(true);
  }

  byte[] report(int round, long nowMs) {
    if (firstRound[reason.ordinal()] < 0) {
      firstRound[reason.ordinal()] = round;
    }
    return agent.report(nowMs);
  }

  /** Brings a budget as the gateway does, signed; returns the answer. */
  byte[] obey(UpdateBudget budget, long nowMs) throws WireException {
    String topic = Topics.budget(id);
    byte[] payload = BudgetSignature.sign(topic, BUDGETS.encode(budget), KEY_ID, KEY);
    byte[] answer = agent.budget(topic, payload, nowMs);
    BudgetAck ack = ACKS.decode(answer);
    if (ack.getOutcome() == AckOutcome.APPLIED) {
      reason = budget.getReason();
      referee.applied(ack.getTermsInForce());
    } else {
      referee.refused();
    }
    return answer;
  }

  Counters counters() {
    return agent.counters();
  }

  int violations() {
    return referee.violations();
  }

  @Override
  public void close() {
    agent.close();
  }
}
