package io.fqtfleet.gateway.uplink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.mqtt.MqttLink.Inbound;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.gateway.uplink.InFlightWindow.Slot;
import io.fqtfleet.schemas.Topics.Uplink;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InFlightWindowTest {
  private final UplinkCounters counters = new UplinkCounters();
  private final List<Integer> acked = new ArrayList<>();
  private final InFlightWindow window = new InFlightWindow(100, acked::add, counters);

  private Slot enter(int id) {
    return window.enter(new Inbound(id, 1, "t", new byte[0], MessageProperties.NONE), () -> 0);
  }

  /** In a thread of its own: the common pool of two processors has one, which the first holds. */
  private static <T> CompletableFuture<T> aside(Supplier<T> call) {
    return CompletableFuture.supplyAsync(call, task -> new Thread(task, "aside").start());
  }

  @Test
  void acknowledgesInTheOrderOfReceiptWhateverTheOrderOfConfirmation() throws Exception {
    for (long seed = 0; seed < 200; seed++) {
      acked.clear();
      int base = (int) seed * 100;
      List<Slot> slots = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        slots.add(enter(base + i));
      }
      List<Slot> shuffled = new ArrayList<>(slots);
      Collections.shuffle(shuffled, new Random(seed));
      for (Slot slot : shuffled) {
        window.confirm(slot, Uplink.REPORT, null, 0);
        assertTrue(counters.snapshot().balanced(), "seed " + seed);
      }
      assertEquals(
          IntStream.range(base, base + 100).boxed().toList(), acked, "order with seed " + seed);
    }
    assertEquals(20_000, counters.snapshot().forwarded());
    assertEquals(0, counters.snapshot().inFlight());
  }

  @Test
  void aConfirmedMessageWaitsForTheOneBeforeIt() throws Exception {
    Slot first = enter(1);
    Slot second = enter(2);
    window.confirm(second, Uplink.REPORT, null, 0);
    assertEquals(List.of(), acked);
    assertEquals(2, counters.snapshot().inFlight());
    window.confirm(first, null, "TRUNCATED", 0);
    assertEquals(List.of(1, 2), acked);
    assertEquals(1, counters.snapshot().deadLettered());
    assertEquals(1, counters.snapshot().forwarded());
  }

  @Test
  void aFullWindowMakesTheNextMessageWaitForAConfirmation() throws Exception {
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      slots.add(enter(i));
    }
    CompletableFuture<Slot> next = aside(() -> enter(100));
    assertThrows(TimeoutException.class, () -> next.get(200, TimeUnit.MILLISECONDS));
    assertEquals(100, counters.snapshot().received());
    window.confirm(slots.get(0), Uplink.REPORT, null, 0);
    assertNotNull(next.get(10, TimeUnit.SECONDS));
    assertEquals(101, counters.snapshot().received());
    assertEquals(100, counters.snapshot().inFlight());
  }

  @Test
  void theEndOfTheConnectionFreesAMessageThatWaits() throws Exception {
    for (int i = 0; i < 100; i++) {
      enter(i);
    }
    CompletableFuture<Slot> next = aside(() -> enter(100));
    assertThrows(TimeoutException.class, () -> next.get(100, TimeUnit.MILLISECONDS));
    window.abandon();
    assertNull(next.get(10, TimeUnit.SECONDS));
    assertEquals(100, counters.snapshot().received());
    assertEquals(100, counters.snapshot().returned());
  }

  @Test
  void afterTheEndOfTheConnectionNothingIsAcknowledged() throws Exception {
    Slot first = enter(1);
    enter(2);
    window.abandon();
    window.abandon();
    window.confirm(first, Uplink.REPORT, null, 0);
    assertNull(enter(3));
    assertEquals(List.of(), acked);
    UplinkCounters.Snapshot s = counters.snapshot();
    assertEquals(2, s.returned());
    assertEquals(0, s.inFlight());
    assertTrue(s.balanced());
  }

  @Test
  void aMessageWhoseAcknowledgementFailsStaysUnaccountedUntilTheEnd() {
    InFlightWindow broken =
        new InFlightWindow(
            10,
            id -> {
              throw new MqttLinkException("gone");
            },
            counters);
    Slot slot = broken.enter(new Inbound(1, 1, "t", new byte[0], MessageProperties.NONE), () -> 0);
    assertThrows(MqttLinkException.class, () -> broken.confirm(slot, Uplink.REPORT, null, 0));
    assertEquals(1, counters.snapshot().inFlight());
    broken.abandon();
    assertEquals(1, counters.snapshot().returned());
    assertEquals(0, counters.snapshot().forwarded());
  }

  @Test
  void aQos0MessageIsNotAcknowledged() throws Exception {
    Slot slot = window.enter(new Inbound(0, 0, "t", new byte[0], MessageProperties.NONE), () -> 0);
    window.confirm(slot, Uplink.REPORT, null, 0);
    assertEquals(List.of(), acked);
    assertEquals(1, counters.snapshot().forwarded());
  }

  @Test
  void aDrainingWindowTakesNothingAndWaitsForWhatItHas() throws Exception {
    Slot first = enter(1);
    Slot second = enter(2);
    assertEquals(2, window.drain(1), "both are unconfirmed when the time is over");
    CompletableFuture<Slot> next = aside(() -> enter(3));
    assertThrows(TimeoutException.class, () -> next.get(100, TimeUnit.MILLISECONDS));
    CompletableFuture<Integer> left = aside(() -> window.drain(10_000));
    window.confirm(first, Uplink.REPORT, null, 0);
    window.confirm(second, Uplink.REPORT, null, 0);
    assertEquals(0, left.get(5, TimeUnit.SECONDS));
    assertEquals(List.of(1, 2), acked);
    window.abandon();
    assertNull(next.get(5, TimeUnit.SECONDS));
    assertEquals(2, counters.snapshot().received());
  }
}
