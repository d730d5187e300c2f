package io.fqtfleet.streams.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.RollbackRule;
import io.fqtfleet.schemas.RolloutAction;
import io.fqtfleet.schemas.RolloutApproval;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.RolloutPhase;
import io.fqtfleet.streams.rollout.RolloutStep.Withdrawal;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The state machine by itself. */
class RolloutStepTest {
  private static RolloutFleet fleet(int size) {
    return new RolloutFleet(size, 7);
  }

  @Test
  void withoutAPlanAllGetTheNewTermsAtOnce() {
    RolloutFleet fleet = fleet(10);
    fleet.policy = RolloutFleet.version(2, 200, null);
    fleet.step();
    assertNull(fleet.state);
    assertEquals(2, fleet.lastGood.getVersion());
  }

  @Test
  void aVersionWithTheSameTermsStartsNothing() {
    RolloutFleet fleet = fleet(10);
    fleet.policy = RolloutFleet.version(2, 100, RolloutFleet.plan().build());
    fleet.step();
    assertNull(fleet.state);
    assertEquals(2, fleet.lastGood.getVersion());
  }

  @Test
  void canariesThenWavesThenAll() {
    RolloutFleet fleet = fleet(20);
    fleet.policy =
        RolloutFleet.version(
            2, 200, RolloutFleet.plan().setWavesPermille(List.of(250, 500)).build());
    fleet.step();
    assertEquals("line@2", fleet.state.getId());
    assertEquals(2, fleet.exposed());
    assertEquals(
        fleet.state.getCanaries(),
        fleet.last.expose().stream()
            .sorted(java.util.Comparator.comparing(fleet.state.getCanaries()::indexOf))
            .toList());
    assertEquals(4, fleet.state.getStages());
    long before = 2;
    for (int stage = 1; stage < 4; stage++) {
      while (fleet.state.getStage() < stage) {
        fleet.step();
        assertTrue(fleet.round < 60, fleet.state.toString());
      }
      assertTrue(fleet.exposed() > before);
      before = fleet.exposed();
      assertEquals(List.of(0, 5, 10, 20).get(stage), (int) before);
    }
    fleet.steps(6);
    assertEquals(RolloutPhase.COMPLETE, fleet.state.getPhase());
    assertEquals(2, fleet.lastGood.getVersion());
    assertEquals(0, fleet.exposed(), "nobody is an exception any more");
  }

  @Test
  void aWaveThatGrowsMultipliesTheDevices() {
    RolloutFleet fleet = fleet(30);
    fleet.policy = RolloutFleet.version(2, 200, RolloutFleet.plan().setGrowth(3).build());
    long most = 0;
    StringBuilder sizes = new StringBuilder();
    while (fleet.round < 80 && (fleet.state == null || RolloutStep.isActive(fleet.state))) {
      fleet.step();
      if (fleet.exposed() > most) {
        most = fleet.exposed();
        sizes.append(most).append(' ');
      }
    }
    assertEquals("2 6 18 30 ", sizes.toString());
  }

  @Test
  void canariesThatLoseAccuracyBringTheLastGoodTermsBack() {
    RolloutFleet fleet = fleet(20);
    fleet.devices.values().forEach(d -> d.errorExposed = 0.35);
    fleet.policy =
        RolloutFleet.version(
            2, 200, RolloutFleet.plan().setOnFailure(RollbackRule.ROLLBACK_WEIGHTS).build());
    for (int i = 0; i < 10 && (fleet.state == null || RolloutStep.isActive(fleet.state)); i++) {
      fleet.step();
    }
    assertEquals(RolloutPhase.ROLLED_BACK, fleet.state.getPhase());
    assertEquals(0, fleet.state.getStage());
    assertEquals(Withdrawal.TERMS_AND_WEIGHTS, fleet.last.withdrawal());
    assertEquals(1, fleet.lastGood.getVersion());
    assertTrue(fleet.lastAudit().rollback());
    assertTrue(fleet.lastAudit().evidence().getLogEvidence() > 4.5);
    assertTrue(fleet.lastAudit().sentence().contains("accuracy fell by"), fleet.state.toString());
    fleet.steps(5);
    assertEquals(RolloutPhase.ROLLED_BACK, fleet.state.getPhase(), "it does not begin by itself");
    fleet.step(fleet.command(RolloutAction.RESUME));
    assertEquals(RolloutPhase.RUNNING, fleet.state.getPhase());
    assertEquals("ana", fleet.state.getSteppedBy());
  }

  @Test
  void aWorldThatChangesForAllIsNotTheRolloutsDoing() {
    RolloutFleet fleet = fleet(40);
    fleet.policy = RolloutFleet.version(2, 200, RolloutFleet.plan().setCanaryCount(8).build());
    fleet.steps(3);
    fleet
        .devices
        .values()
        .forEach(
            d -> {
              d.error = 0.4;
              d.errorExposed = 0.4;
            });
    fleet.incident = true;
    for (int i = 0; i < 30 && fleet.state.getStage() == 0; i++) {
      fleet.step();
    }
    assertEquals(1, fleet.state.getStage(), fleet.state.toString());
    fleet.steps(4);
    assertEquals(0, fleet.state.getSoakedRounds(), "with nobody to compare with it waits");
    assertTrue(RolloutStep.isActive(fleet.state));
  }

  @Test
  void devicesThatIgnoreTheNewTermsFailTheirWave() {
    RolloutFleet fleet = fleet(20);
    fleet.policy = RolloutFleet.version(2, 200, RolloutFleet.plan().build());
    fleet.step();
    fleet.devices.get(fleet.state.getCanaries().get(0)).obeys = false;
    fleet.steps(6);
    assertEquals(RolloutPhase.ROLLED_BACK, fleet.state.getPhase());
    assertTrue(fleet.state.getSentence().contains("1 refused, ignored or reverted"));
  }

  @Test
  void offlineDevicesAreNoCanariesAndNobodysFault() {
    RolloutFleet fleet = fleet(4);
    fleet.devices.get("d000").online = false;
    fleet.devices.get("d002").online = false;
    fleet.policy = RolloutFleet.version(2, 200, RolloutFleet.plan().build());
    fleet.step();
    assertEquals(List.of("d001", "d003"), List.copyOf(fleet.last.expose()));
    fleet.steps(30);
    assertEquals(RolloutPhase.COMPLETE, fleet.state.getPhase(), fleet.state.toString());
  }

  @Test
  void anOperatorPausesResumesAndAborts() {
    RolloutFleet fleet = fleet(20);
    fleet.policy = RolloutFleet.version(2, 200, RolloutFleet.plan().build());
    fleet.steps(2);
    fleet.step(fleet.command(RolloutAction.PAUSE));
    fleet.steps(30);
    assertEquals(RolloutPhase.PAUSED, fleet.state.getPhase());
    assertEquals(2, fleet.exposed());
    fleet.step(fleet.command(RolloutAction.RESUME));
    assertEquals(RolloutPhase.RUNNING, fleet.state.getPhase());
    assertEquals(1, fleet.state.getStageRounds(), "watched anew");
    fleet.steps(4);
    assertTrue(fleet.exposed() > 2);
    fleet.step(fleet.command(RolloutAction.ABORT));
    assertEquals(RolloutPhase.ABORTED, fleet.state.getPhase());
    assertEquals(Withdrawal.TERMS, fleet.last.withdrawal());
    assertEquals(0, fleet.exposed());
    assertEquals(1, fleet.lastGood.getVersion());
  }

  @Test
  void commandsThatFitNothingAreRefusedAndAudited() {
    RolloutFleet fleet = fleet(20);
    fleet.step(fleet.command(RolloutAction.PAUSE));
    assertTrue(fleet.lastAudit().sentence().contains("no rollout of cohort line runs"));
    fleet.policy = RolloutFleet.version(2, 200, RolloutFleet.plan().build());
    fleet.step();
    fleet.step(fleet.command(RolloutAction.APPROVE));
    assertTrue(fleet.lastAudit().sentence().contains("waits for no approval"));
    RolloutCommand other =
        RolloutCommand.newBuilder(fleet.command(RolloutAction.ABORT)).setRollout("line@9").build();
    fleet.step(other);
    assertTrue(fleet.lastAudit().sentence().contains("the last one is line@2"));
    assertEquals(RolloutPhase.RUNNING, fleet.state.getPhase());
  }

  @Test
  void aPlanMayWantApprovalBeforeEachWave() {
    RolloutFleet fleet = fleet(20);
    fleet.policy =
        RolloutFleet.version(
            2,
            200,
            RolloutFleet.plan()
                .setWavesPermille(List.of(500))
                .setApproval(RolloutApproval.EACH_WAVE)
                .build());
    fleet.steps(20);
    assertEquals(RolloutPhase.WAITING, fleet.state.getPhase());
    assertEquals(2, fleet.exposed());
    fleet.step(fleet.command(RolloutAction.APPROVE));
    assertEquals(10, fleet.exposed());
    fleet.steps(20);
    assertEquals(RolloutPhase.WAITING, fleet.state.getPhase());
    fleet.step(fleet.command(RolloutAction.APPROVE));
    fleet.steps(10);
    assertEquals(RolloutPhase.COMPLETE, fleet.state.getPhase());
  }

  @Test
  void lateJoinersFollowOnlyOnceTheLastWaveRuns() {
    RolloutFleet fleet = fleet(10);
    fleet.policy = RolloutFleet.version(2, 200, RolloutFleet.plan().build());
    fleet.steps(2);
    fleet.devices.put("late", new RolloutFleet.Device());
    fleet.step();
    assertFalse(fleet.devices.get("late").exposed);
    while (fleet.state.getStage() == 0) {
      fleet.step();
    }
    fleet.devices.put("later", new RolloutFleet.Device());
    fleet.step();
    assertTrue(fleet.devices.get("late").exposed);
    assertTrue(fleet.devices.get("later").exposed);
  }

  @Test
  void aFreezeOrASilenceMeanwhileDoesNotStartItAnew() {
    RolloutFleet fleet = fleet(20);
    Policy candidate = RolloutFleet.version(2, 200, RolloutFleet.plan().build());
    fleet.policy = candidate;
    fleet.steps(2);
    fleet.policy = Policy.newBuilder(candidate).setVersion(3).setFrozen(true).build();
    fleet.held = true;
    fleet.steps(30);
    assertEquals(RolloutPhase.RUNNING, fleet.state.getPhase());
    assertEquals(2, fleet.exposed());
    assertEquals("line@2", fleet.state.getId());
    fleet.policy = Policy.newBuilder(candidate).setVersion(4).build();
    fleet.held = false;
    fleet.steps(20);
    assertEquals(RolloutPhase.COMPLETE, fleet.state.getPhase());
    assertEquals(4, fleet.lastGood.getVersion());
  }

  @Test
  void otherTermsSupersedeARolloutFromTheLastGoodOnes() {
    RolloutFleet fleet = fleet(20);
    fleet.policy = RolloutFleet.version(2, 200, RolloutFleet.plan().build());
    fleet.steps(3);
    fleet.policy = RolloutFleet.version(3, 300, RolloutFleet.plan().build());
    fleet.step();
    assertEquals("line@3", fleet.state.getId());
    assertEquals(Withdrawal.TERMS, fleet.last.withdrawal());
    assertEquals(1, fleet.lastGood.getVersion());
    assertEquals(2, fleet.exposed());
    assertTrue(fleet.phases().contains("SUPERSEDED"));
  }

  @Test
  void withoutEvidenceItPausesAndSaysSo() {
    RolloutFleet fleet = fleet(20);
    fleet.policy = RolloutFleet.version(2, 200, RolloutFleet.plan().setMinSamples(100_000).build());
    fleet.steps(40);
    assertEquals(RolloutPhase.PAUSED, fleet.state.getPhase());
    assertEquals(RolloutStep.CONTROLLER, fleet.state.getSteppedBy());
    assertTrue(fleet.state.getSentence().contains("undecided"), fleet.state.getSentence());
  }
}
