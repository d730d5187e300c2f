package io.fqtfleet.programs.proof;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.round.CohortCard;
import io.fqtfleet.streams.round.CohortRound;
import io.fqtfleet.streams.round.DeviceCard;
import io.fqtfleet.streams.round.FleetView;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.IntakeCard;
import io.fqtfleet.streams.topology.Intake;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The production code from the bytes that devices publish to the budgets: intake, closed rounds,
 * decisions. Kafka is left out, nothing else.
 */
final class ProductionLoop {
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<DeviceStatus> STATUS = WireCodec.of(DeviceStatus.class);
  private static final WireCodec<BudgetAck> ACKS = WireCodec.of(BudgetAck.class);

  private final Policy policy;
  private final long fleetDevices;
  private final Map<String, IntakeCard> intakes = new HashMap<>();
  private final TreeMap<String, Side> cohorts = new TreeMap<>();
  private FleetView view = FleetView.of(List.of());

  /** What is stored of a cohort. */
  private static final class Side {
    final CohortCard card = new CohortCard();
    final TreeMap<String, DeviceCard> devices = new TreeMap<>();
    List<CohortEvent> events = new ArrayList<>();
  }

  /** What a round gave. */
  record Decided(List<UpdateBudget> budgets, List<Alert> alerts) {}

  /**
   * @param fleetDevices that the fleet has
   */
  ProductionLoop(Policy policy, int fleetDevices) {
    this.policy = policy;
    this.fleetDevices = fleetDevices;
  }

  private Intake intake(String device, long atMs) {
    IntakeCard card = intakes.computeIfAbsent(device, d -> IntakeCard.newBuilder().build());
    return new Intake(card, device, atMs, this::take);
  }

  private void take(CohortEvent event) {
    cohorts.computeIfAbsent(event.getCohort(), c -> new Side()).events.add(event);
  }

  void born(String device, byte[] status, long atMs) throws WireException {
    intake(device, atMs).status(STATUS.decode(status));
  }

  void reported(String device, byte[] report, long atMs) throws WireException {
    intake(device, atMs).report(REPORTS.decode(report));
  }

  void answered(String device, byte[] ack, long atMs) throws WireException {
    intake(device, atMs).ack(ACKS.decode(ack));
  }

  /** Closes the round of every cohort. */
  Decided close(long endMs) throws WireException {
    List<UpdateBudget> budgets = new ArrayList<>();
    List<Alert> alerts = new ArrayList<>();
    List<CohortRound.Outcome> outcomes = new ArrayList<>();
    for (Map.Entry<String, Side> entry : cohorts.entrySet()) {
      Side side = entry.getValue();
      CohortRound.Closed closed =
          new CohortRound.Closed(
              entry.getKey(),
              endMs,
              policy.getRoundMs(),
              fleetDevices,
              policy,
              view.levels(),
              view.causes());
      CohortRound.Outcome outcome =
          CohortRound.decide(closed, side.card, side.devices, side.events);
      side.events = new ArrayList<>();
      budgets.addAll(outcome.budgets());
      alerts.addAll(outcome.alerts());
      outcomes.add(outcome);
    }
    view = FleetView.of(outcomes.stream().map(CohortRound.Outcome::health).toList());
    for (UpdateBudget budget : budgets) {
      intake(budget.getDevice(), endMs).budget(budget);
    }
    return new Decided(budgets, alerts);
  }
}
