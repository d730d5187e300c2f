package io.fqtfleet.programs.faults;

import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.link.DeviceLink;
import io.fqtfleet.sim.link.HiveMqLink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * After a fault: each device holds exactly its last budget, so does whoever comes now (retained),
 * and a deleted budget is gone.
 */
final class BudgetAudit {
  private static final long LIMIT_MS = 30_000;
  private static final long POLL_MS = 100;
  private static final int DELETED = 2;

  private final Stage stage;
  private final DeviceLoad load;
  private final BudgetBook book;
  private volatile Map<String, Long> last = Map.of();

  BudgetAudit(Stage stage, DeviceLoad load, BudgetBook book) {
    this.stage = stage;
    this.load = load;
    this.book = book;
  }

  /** Devices whose budget is not the last one, or not gone where it was deleted. */
  long devicesWrong() throws InterruptedException {
    last = book.lastVersions();
    await(() -> wrongOnDevices() == 0 || refreshed());
    long wrong = wrongOnDevices();
    List<LoadDevice> deleted = load.awake().subList(0, DELETED);
    deleted.forEach(device -> book.delete(device.id()));
    last = book.lastVersions();
    await(() -> deleted.stream().allMatch(device -> device.budgetVersion() == 0));
    return Math.max(wrong, wrongOnDevices()) + wrongRetained();
  }

  /** Streams, where it runs, may have written one more; never the reason to stop waiting. */
  private boolean refreshed() {
    last = book.lastVersions();
    return wrongOnDevices() == 0;
  }

  private long wrongOnDevices() {
    return load.devices().stream()
        .filter(device -> device.budgetVersion() != last.getOrDefault(device.id(), 0L))
        .count();
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MS);
    while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
      Thread.sleep(POLL_MS);
    }
  }

  /** What a client that comes now is given for each device. */
  private long wrongRetained() throws InterruptedException {
    List<NewComer> comers = new ArrayList<>();
    try {
      for (LoadDevice device : load.devices()) {
        NewComer comer = new NewComer(device.id());
        comers.add(comer);
      }
      await(
          () -> {
            last = book.lastVersions();
            return comers.stream().allMatch(NewComer::right);
          });
      // A budget that was deleted would come with the subscription, if it still stood.
      Thread.sleep(500);
      return comers.stream().filter(comer -> !comer.right()).count();
    } finally {
      comers.forEach(NewComer::close);
    }
  }

  /** A client of another name on a device's budget topic. */
  private final class NewComer implements DeviceLink.Listener, AutoCloseable {
    private final String device;
    private final byte[] key;
    private final DeviceLink link;
    private final Map<String, Long> heard = new ConcurrentHashMap<>();
    private volatile boolean came;

    NewComer(String device) {
      this.device = device;
      this.key = DeviceKeys.derive(stage.masterKey(), device, 1);
      String name = "audit-" + device;
      link = new HiveMqLink(name, stage.brokerAddress(), 1);
      Outgoing will =
          new Outgoing(
              Uplink.STATUS,
              Topics.up(name, Uplink.STATUS),
              LoadRecords.status(name, DeviceState.OFFLINE),
              0);
      link.open(will, Topics.budget(device), this);
    }

    boolean right() {
      return came && heard.getOrDefault(device, 0L).equals(last.getOrDefault(device, 0L));
    }

    @Override
    public void connected() {
      came = true;
    }

    @Override
    public void message(String topic, byte[] payload) {
      try {
        heard.put(device, payload.length == 0 ? 0 : LoadDevice.version(device, payload, key));
      } catch (WireException e) {
        heard.put(device, -1L);
      }
    }

    @Override
    public void close() {
      link.close();
    }
  }
}
