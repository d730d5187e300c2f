package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.RegistryState;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.schemas.WireException.Reason;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.DeviceLeft;
import io.fqtfleet.streams.state.IntakeCard;
import io.fqtfleet.streams.state.ReportEvidence;
import io.fqtfleet.streams.state.StatusEvidence;
import io.fqtfleet.streams.topology.Intake.Fate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IntakeTest {
  private final IntakeCard card = IntakeCard.newBuilder().build();
  private final List<CohortEvent> events = new ArrayList<>();
  private final SyntheticFleet.Device device = new SyntheticFleet.Device("d1", "line", 0.2, 1);
  private long nowMs = 1000;

  private Intake intake() {
    nowMs += 1000;
    return new Intake(card, "d1", nowMs, events::add);
  }

  private Fate take(TrainingReport report) throws WireException {
    return intake().report(report);
  }

  private List<ReportEvidence> counted() {
    return events.stream()
        .filter(e -> e.getBody() instanceof ReportEvidence)
        .map(e -> (ReportEvidence) e.getBody())
        .toList();
  }

  private ReportEvidence last() {
    return counted().get(counted().size() - 1);
  }

  @BeforeEach
  void birth() throws WireException {
    intake().status(device.status(true));
  }

  @Test
  void theFirstReportCountsAllSinceBoot() throws WireException {
    device.report(10);
    assertEquals(Fate.COUNTED, take(device.report(10)));
    assertEquals(20, last().getSamplesLabelled());
    assertEquals(0, last().getReportsLost(), "what was before our time is not lost");
  }

  @Test
  void aLostReportCostsNoSample() throws WireException {
    take(device.report(10));
    device.report(7);
    device.report(7);
    assertEquals(Fate.COUNTED, take(device.report(10)));
    assertEquals(24, last().getSamplesLabelled());
    assertEquals(2, last().getReportsLost());
  }

  @Test
  void duplicatesAndLateOnesChangeNothing() throws WireException {
    TrainingReport first = device.report(10);
    TrainingReport second = device.report(10);
    take(first);
    take(second);
    assertEquals(Fate.DUPLICATE_OR_LATE, take(first));
    assertEquals(Fate.DUPLICATE_OR_LATE, take(second));
    assertEquals(Fate.COUNTED, take(device.report(5)));
    assertEquals(5, last().getSamplesLabelled());
    assertEquals(2, last().getReportsDropped());
    assertEquals(25, counted().stream().mapToLong(ReportEvidence::getSamplesLabelled).sum());
  }

  @Test
  void aNewBootCountsFromZeroAndTheOldOneIsOver() throws WireException {
    take(device.report(10));
    TrainingReport late = device.report(10);
    device.reboot();
    assertEquals(Fate.COUNTED, take(device.report(6)));
    assertEquals(6, last().getSamplesLabelled());
    assertEquals(Fate.OLD_BOOT, take(late));
  }

  @Test
  void aWipedDeviceStartsOverOnceItsBirthSaysSo() throws WireException {
    device.boot = 9;
    take(device.report(10));
    device.reboot();
    device.boot = 1;
    assertEquals(Fate.OLD_BOOT, take(device.report(4)));
    intake().status(device.status(true));
    assertEquals(Fate.COUNTED, take(device.report(4)));
    assertEquals(8, last().getSamplesLabelled());
  }

  @Test
  void countersMayWrapAround() throws WireException {
    take(wrapped(device.report(10), Long.MAX_VALUE - 5));
    take(wrapped(device.report(0), Long.MAX_VALUE - 5 + 100));
    assertEquals(100, last().getInputSquareSum());
  }

  private static TrainingReport wrapped(TrainingReport report, long squares) {
    return TrainingReport.newBuilder(report).setInputSquareSum(squares).build();
  }

  @Test
  void aCounterThatFallsIsRefusedAndForgotten() throws WireException {
    take(device.report(10));
    TrainingReport broken =
        TrainingReport.newBuilder(device.report(10)).setSamplesLabelled(3).build();
    WireException refusal = assertThrows(WireException.class, () -> take(broken));
    assertEquals(Reason.OUT_OF_RANGE, refusal.reason());
    assertTrue(refusal.getMessage().startsWith("counter LABELLED fell by 7"));
    assertEquals(Fate.COUNTED, take(device.report(10)));
    assertEquals(20, last().getSamplesLabelled());
  }

  @Test
  void moreCorrectThanLabelledIsRefused() {
    TrainingReport broken =
        TrainingReport.newBuilder(device.report(10)).setSamplesCorrect(11).build();
    assertThrows(WireException.class, () -> take(broken));
  }

  @Test
  void anotherDevicesMessageIsRefused() {
    TrainingReport other = new SyntheticFleet.Device("d2", "line", 0, 1).report(1);
    WireException refusal = assertThrows(WireException.class, () -> take(other));
    assertEquals(Reason.WRONG_DEVICE, refusal.reason());
  }

  @Test
  void samplesWaitUntilTheCohortIsKnown() throws WireException {
    IntakeCard fresh = IntakeCard.newBuilder().build();
    Intake early = new Intake(fresh, "d1", 5, events::add);
    assertEquals(Fate.UNASSIGNED, early.report(device.report(10)));
    assertEquals(Fate.UNASSIGNED, early.report(device.report(10)));
    events.clear();
    early.status(device.status(true));
    assertEquals(Fate.COUNTED, early.report(device.report(10)));
    assertEquals(30, last().getSamplesLabelled());
    assertEquals(0, last().getReportsLost());
  }

  @Test
  void theRegistryMovesADevice() throws WireException {
    events.clear();
    intake().registration(DeviceRegistration.newBuilder().setCohort("other").build());
    assertEquals("line", events.get(0).getCohort());
    assertInstanceOf(DeviceLeft.class, events.get(0).getBody());
    assertEquals("other", events.get(1).getCohort());
    assertInstanceOf(StatusEvidence.class, events.get(1).getBody());
    intake().status(device.status(true));
    assertEquals("other", events.get(2).getCohort());
    intake().registration(null);
    assertEquals("line", events.get(events.size() - 1).getCohort());
  }

  @Test
  void aRetiredDeviceLeaves() throws WireException {
    events.clear();
    intake().gone();
    assertEquals(1, events.size());
    assertInstanceOf(DeviceLeft.class, events.get(0).getBody());
    assertEquals(Fate.UNASSIGNED, take(device.report(3)));
  }

  private void register(RegistryState state, int boards) throws WireException {
    intake()
        .registration(DeviceRegistration.newBuilder().setState(state).setBoards(boards).build());
  }

  @Test
  void whatARetiredDeviceSaysCountsNoMoreUntilItIsEnrolledAgain() throws WireException {
    take(device.report(10));
    card.setIssuedVersion(7L);
    events.clear();
    register(RegistryState.RETIRED, 0);
    assertEquals(1, events.size());
    assertInstanceOf(DeviceLeft.class, events.get(0).getBody());
    assertEquals(Fate.RETIRED, take(device.report(10)));
    intake().status(device.status(true));
    register(RegistryState.RETIRED, 0);
    assertEquals(1, events.size(), events.toString());
    assertEquals(
        IntakeCard.newBuilder().setRetired(true).setIssuedVersion(7L).build(),
        card,
        "versions go on, all else is gone");

    register(RegistryState.ENROLLED, 0);
    assertEquals(Fate.UNASSIGNED, take(device.report(10)));
    intake().status(device.status(true));
    assertEquals(Fate.COUNTED, take(device.report(10)));
    assertEquals(40, last().getSamplesLabelled(), "the same boot, all since it began");
  }

  @Test
  void anotherBoardInTheSamePlaceStartsAnew() throws WireException {
    device.boot = 9;
    take(device.report(10));
    TrainingReport onItsWay = device.report(10);
    card.setIssuedVersion(7L);
    events.clear();
    register(RegistryState.ENROLLED, 1);
    assertInstanceOf(DeviceLeft.class, events.get(0).getBody());
    assertEquals(Fate.OLD_BOOT, take(onItsWay), "of the board that was replaced");
    var next = new SyntheticFleet.Device("d1", "line", 0.2, 2);
    intake().status(next.status(true));
    assertEquals(7, ((StatusEvidence) events.get(1).getBody()).getBudgetVersion());
    assertEquals(Fate.COUNTED, take(next.report(3)), "though its boot counter is lower");
    assertEquals(3, last().getSamplesLabelled());
    assertEquals(Fate.OLD_BOOT, take(onItsWay));

    events.clear();
    register(RegistryState.ENROLLED, 1);
    assertEquals(List.of(), events, "the same registration again");
  }

  @Test
  void whateverIsLostOrRepeatedTheSamplesAddUp() throws WireException {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      IntakeTest fresh = new IntakeTest();
      fresh.birth();
      List<TrainingReport> sent = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        TrainingReport report = fresh.device.report(1 + random.nextInt(9));
        sent.add(report);
        if (random.nextInt(3) > 0) {
          fresh.take(report);
        }
        if (random.nextInt(3) == 0) {
          fresh.take(sent.get(random.nextInt(sent.size())));
        }
      }
      fresh.take(fresh.device.report(1));
      assertEquals(
          fresh.device.labelled,
          fresh.counted().stream().mapToLong(ReportEvidence::getSamplesLabelled).sum(),
          "seed " + seed);
    }
  }
}
