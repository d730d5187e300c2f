package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Silence;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Verdict;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.ops.Meters;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** What operators say of alerts, and what follows. */
class AlertFeedbackTest {
  private static final int AFTER_DRIFT = FleetStory.DRIFT_ROUND + 5;

  private static long now(FleetStory story) {
    return DriverRig.START_MS + (long) story.round * DriverRig.ROUND_MS;
  }

  private static AlertFeedback feedback(Alert alert, Verdict verdict, long atMs) {
    return AlertFeedback.newBuilder()
        .setAlertId(alert.getId())
        .setVerdict(verdict)
        .setAuthor("kim")
        .setComment("looked at it")
        .setGivenAtMs(atMs)
        .build();
  }

  private static List<Alert> of(DriverRig rig, AlertKind kind) {
    return rig.alerts().stream().filter(a -> a.getKind() == kind).toList();
  }

  private static Alert last(DriverRig rig, AlertKind kind) {
    List<Alert> all = of(rig, kind);
    return all.get(all.size() - 1);
  }

  private static String reason(ProducerRecord<String, byte[]> letter) {
    return new String(letter.headers().lastHeader(Headers.REASON).value(), StandardCharsets.UTF_8);
  }

  private static FleetStory drifted(DriverRig rig) {
    FleetStory story = new FleetStory(rig, 10, 3, null);
    story.run(AFTER_DRIFT, false);
    assertTrue(of(rig, AlertKind.DOMAIN_DRIFT).size() >= 1, "the story has its alert");
    return story;
  }

  @Test
  void aConfirmedAlertCarriesTheVerdictFromThenOnAndIsWrittenOnce() {
    try (DriverRig rig = new DriverRig()) {
      FleetStory story = drifted(rig);
      int before = of(rig, AlertKind.DOMAIN_DRIFT).size();
      Alert alert = last(rig, AlertKind.DOMAIN_DRIFT);
      assertNull(alert.getVerification());
      AlertFeedback said = feedback(alert, Verdict.TRUE_POSITIVE, now(story));
      rig.send(said, now(story));
      rig.send(said, now(story));
      story.run(2, false);
      List<Alert> all = of(rig, AlertKind.DOMAIN_DRIFT);
      assertEquals(before + 1, all.size(), "one more state of the alert");
      assertEquals(said, last(rig, AlertKind.DOMAIN_DRIFT).getVerification());
      assertEquals(AlertStatus.UPDATED, last(rig, AlertKind.DOMAIN_DRIFT).getStatus());
      story.run(50, false);
      Alert end = last(rig, AlertKind.DOMAIN_DRIFT);
      assertEquals(AlertStatus.RESOLVED, end.getStatus());
      assertEquals(said, end.getVerification());
    }
  }

  @Test
  void aFalseAlarmEndsTheIncidentAndWhatIsNowBecomesTheReference() {
    for (Verdict verdict : List.of(Verdict.FALSE_POSITIVE, Verdict.BENIGN)) {
      try (DriverRig rig = new DriverRig()) {
        FleetStory story = drifted(rig);
        // From here on nothing gets better: only a new reference can keep the cohort quiet.
        story.fleet().cohort(FleetStory.DRIFTED).forEach(d -> d.learns = false);
        Alert alert = last(rig, AlertKind.DOMAIN_DRIFT);
        rig.send(feedback(alert, verdict, now(story)), now(story));
        story.run(25, false);
        List<Alert> all = of(rig, AlertKind.DOMAIN_DRIFT);
        Alert end = all.get(all.size() - 1);
        assertEquals(alert.getId(), end.getId(), verdict + ": no other incident");
        assertEquals(
            verdict == Verdict.BENIGN ? AlertStatus.RESOLVED : AlertStatus.INVALIDATED,
            end.getStatus());
        assertEquals(verdict, end.getVerification().getVerdict());
        assertNotNull(end.getResolvedAtMs());
        assertTrue(end.getSentence().contains("kim calls it"), end.getSentence());
        assertTrue(end.getSentence().contains("looked at it"), end.getSentence());
        long devices = rig.alerts().stream().filter(a -> a.getKey().startsWith("dev-1-")).count();
        assertEquals(0, devices, verdict + ": nor one of its devices");
      }
    }
  }

  @Test
  void aDevicesFaultCanBeRefutedToo() {
    try (DriverRig rig = new DriverRig()) {
      FleetStory story = new FleetStory(rig, 10, 3, null);
      story.run(FleetStory.DRIFT_ROUND + 20, false);
      Alert fault = last(rig, AlertKind.DEVICE_FAULT);
      assertEquals(AlertStatus.FIRING, fault.getStatus());
      rig.send(feedback(fault, Verdict.BENIGN, now(story)), now(story));
      story.run(2, false);
      assertEquals(AlertStatus.RESOLVED, last(rig, AlertKind.DEVICE_FAULT).getStatus());
      assertTrue(story.fleet().devices.get(FleetStory.BROKEN).terms.getTraining(), "unfrozen");
    }
  }

  @Test
  void aClosedAlertGetsItsVerdictFromTheDesk() {
    try (DriverRig rig = new DriverRig()) {
      FleetStory story = drifted(rig);
      story.run(50, false);
      Alert closed = last(rig, AlertKind.DOMAIN_DRIFT);
      assertEquals(AlertStatus.RESOLVED, closed.getStatus());
      int before = rig.alerts().size();
      AlertFeedback first = feedback(closed, Verdict.FALSE_POSITIVE, now(story));
      AlertFeedback second = feedback(closed, Verdict.TRUE_POSITIVE, now(story) + 5);
      rig.send(first, now(story));
      rig.send(first, now(story) + 1);
      rig.send(second, now(story) + 5);
      List<Alert> written = rig.alerts().subList(before, rig.alerts().size());
      assertEquals(List.of(first, second), written.stream().map(Alert::getVerification).toList());
      assertEquals(
          Alert.newBuilder(closed).setVerification(second).setUpdatedAtMs(now(story) + 5).build(),
          written.get(1));
    }
  }

  @Test
  void feedbackThatCannotBeUsedIsADeadLetterWithTheReason() {
    try (DriverRig rig = new DriverRig()) {
      FleetStory story = drifted(rig);
      Alert alert = last(rig, AlertKind.DOMAIN_DRIFT);
      AlertFeedback good = feedback(alert, Verdict.TRUE_POSITIVE, now(story));
      rig.send(AlertFeedback.newBuilder(good).setAlertId("nobody").build(), now(story));
      rig.send(AlertFeedback.newBuilder(good).setVerdict(Verdict.UNKNOWN).build(), now(story));
      rig.send(AlertFeedback.newBuilder(good).setAuthor(" ").build(), now(story));
      rig.send(Topics.FEEDBACK, alert.getId(), new byte[] {1}, now(story));
      rig.send(Topics.FEEDBACK, alert.getId(), null, now(story));
      List<String> reasons =
          rig.written(Topics.DEAD_LETTERS).stream().map(AlertFeedbackTest::reason).toList();
      assertEquals(
          List.of(
              "UNKNOWN_ALERT: no alert 'nobody' was ever raised; take the id from the list of"
                  + " alerts",
              "OUT_OF_RANGE: verdict: UNKNOWN is none; send TRUE_POSITIVE, FALSE_POSITIVE or"
                  + " BENIGN",
              "OUT_OF_RANGE: author: 0 characters are not 1..100; send it again"),
          reasons.subList(0, 3));
      assertTrue(reasons.get(3).startsWith("NOT_SINGLE_OBJECT"), reasons.get(3));
      assertTrue(reasons.get(4).startsWith("TRUNCATED"), reasons.get(4));
      story.run(1, false);
      assertNull(last(rig, AlertKind.DOMAIN_DRIFT).getVerification());
    }
  }

  @Test
  void verdictsAreEvidenceSoAReplayReproducesThem() {
    try (DriverRig rig = new DriverRig();
        DriverRig again = new DriverRig(FleetTopology.replay(DriverRig.SETTINGS, new Meters()))) {
      FleetStory story = drifted(rig);
      Alert alert = last(rig, AlertKind.DOMAIN_DRIFT);
      rig.send(feedback(alert, Verdict.FALSE_POSITIVE, now(story)), now(story));
      story.run(20, false);
      rig.written(Topics.EVIDENCE)
          .forEach(r -> again.send(Topics.EVIDENCE, r.key(), r.value(), r.timestamp()));
      assertEquals(rig.lines(Topics.ALERTS), again.lines(Topics.ALERTS));
      assertEquals(rig.lines(Topics.DECISIONS), again.lines(Topics.DECISIONS));
    }
  }

  @Test
  void aSilencedAlertIsRecordedAndSaysSoUntilTheSilenceEnds() {
    try (DriverRig rig = new DriverRig()) {
      FleetStory story = new FleetStory(rig, 10, 3, null);
      long untilMs = DriverRig.START_MS + (long) (FleetStory.DRIFT_ROUND + 8) * DriverRig.ROUND_MS;
      Silence silence =
          Silence.newBuilder()
              .setCohort(FleetStory.DRIFTED)
              .setKind(AlertKind.DOMAIN_DRIFT)
              .setUntilMs(untilMs)
              .setReason("planned move")
              .setAuthor("kim")
              .build();
      rig.send(
          Policy.newBuilder(Policies.DEFAULT).setVersion(1).setSilences(List.of(silence)).build(),
          DriverRig.START_MS);
      story.run(AFTER_DRIFT, false);
      Alert fired = of(rig, AlertKind.DOMAIN_DRIFT).get(0);
      assertEquals(silence, fired.getSilencedBy());
      assertTrue(
          fired.getSentence().contains("Not pushed: kim silenced it until"), fired.getSentence());
      rig.alerts().stream()
          .filter(a -> a.getKind() != AlertKind.DOMAIN_DRIFT)
          .forEach(a -> assertNull(a.getSilencedBy(), a.toString()));
      story.run(5, false);
      Alert after = last(rig, AlertKind.DOMAIN_DRIFT);
      assertNull(after.getSilencedBy());
      assertEquals(AlertStatus.UPDATED, after.getStatus());
      assertTrue(!after.getSentence().contains("Not pushed"), after.getSentence());
      assertEquals(fired.getId(), after.getId());
    }
  }

  @Test
  void anOpenAlertOfADeviceThatLeavesIsResolved() {
    try (DriverRig rig = new DriverRig()) {
      FleetStory story = new FleetStory(rig, 10, 3, null);
      story.run(FleetStory.DRIFT_ROUND + 20, false);
      assertEquals(AlertStatus.FIRING, last(rig, AlertKind.DEVICE_FAULT).getStatus());
      rig.send(Topics.DEVICES, FleetStory.BROKEN, WireCodecs.registration("line-3"), now(story));
      story.run(2, false);
      Alert end = last(rig, AlertKind.DEVICE_FAULT);
      assertEquals(AlertStatus.RESOLVED, end.getStatus());
      assertTrue(end.getSentence().contains("left cohort line-2"), end.getSentence());
    }
  }
}
