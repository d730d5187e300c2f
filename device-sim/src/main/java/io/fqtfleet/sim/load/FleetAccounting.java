package io.fqtfleet.sim.load;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Every report of every simulated device by its sequence number: made, withheld by the scenario,
 * acknowledged by the broker, arrived at the end of its way. Made = withheld + acknowledged + in
 * flight; lost = acknowledged and not arrived. Safe for many threads.
 */
public final class FleetAccounting {
  /** What {@link #arrived} says of a report that no device of this fleet made. */
  public static final long NOT_OURS = -1;

  private final Map<String, Account> accounts = new ConcurrentHashMap<>();

  /** One boot of one device: sets of sequence numbers (1, 2, 3 ...). */
  private static final class Account {
    private final int bootNonce;
    private final long bootMs;
    private final double clockRate;
    private final Account earlier;
    private final BitSet made = new BitSet();
    private final BitSet withheld = new BitSet(0);
    private final BitSet acked = new BitSet();
    private final BitSet arrived = new BitSet(0);
    private int repeated;
    private int duplicated;
    private int outOfOrder;

    Account(int bootNonce, long bootMs, double clockRate, Account earlier) {
      this.bootNonce = bootNonce;
      this.bootMs = bootMs;
      this.clockRate = clockRate;
      this.earlier = earlier;
    }
  }

  /**
   * What one device sent in one boot.
   *
   * @param bootNonce tells its boots apart
   * @param sent sequence numbers given to the broker, in order
   * @param acked of them, those that the broker acknowledged: they must arrive
   */
  public record DeviceReports(String device, int bootNonce, List<Long> sent, List<Long> acked) {}

  /** Sums over the fleet. */
  public record Totals(long made, long withheld, long acked) {
    /** Reports whose acknowledgement is still awaited. */
    public long inFlight() {
      return made - withheld - acked;
    }
  }

  /**
   * What became of the reports at the end of their way.
   *
   * @param arrived different ones
   * @param lost acknowledged by the broker and not arrived
   * @param duplicated arrivals of one that had arrived, without those the scenario repeated
   * @param outOfOrder first arrivals after a younger one of the same boot
   */
  public record Arrivals(long arrived, long lost, long duplicated, long outOfOrder) {}

  public void booted(String device, int bootNonce) {
    booted(device, bootNonce, 0, 1);
  }

  /**
   * A device boots, for the first time or again.
   *
   * @param bootMs the fleet's time at which its uptime is 0
   * @param clockRate its own milliseconds per one of the fleet's
   */
  public void booted(String device, int bootNonce, long bootMs, double clockRate) {
    accounts.compute(device, (id, earlier) -> new Account(bootNonce, bootMs, clockRate, earlier));
  }

  public void made(String device, long sequence) {
    Account account = account(device);
    set(device, sequence, account, account.made);
  }

  /** The scenario lost it before the broker could see it. */
  public void withheld(String device, long sequence) {
    Account account = account(device);
    set(device, sequence, account, account.withheld);
  }

  /** The scenario sent it twice. */
  public void repeated(String device) {
    Account account = account(device);
    synchronized (account) {
      account.repeated++;
    }
  }

  public void acked(String device, long sequence) {
    Account account = account(device);
    set(device, sequence, account, account.acked);
  }

  /** The same of a device that may have rebooted since. */
  public void acked(String device, int bootNonce, long sequence) {
    Account account = boot(device, bootNonce);
    if (account != null) {
      set(device, sequence, account, account.acked);
    }
  }

  /**
   * A report came to the end of its way.
   *
   * @return the fleet's time at which it was to be sent, or {@link #NOT_OURS}
   */
  public long arrived(String device, int bootNonce, long sequence, long uptimeMs) {
    Account account = boot(device, bootNonce);
    if (account == null || sequence < 1 || sequence > Integer.MAX_VALUE) {
      return NOT_OURS;
    }
    synchronized (account) {
      if (!account.made.get((int) sequence)) {
        return NOT_OURS;
      }
      if (account.arrived.get((int) sequence)) {
        account.duplicated++;
      } else {
        account.outOfOrder += account.arrived.length() > sequence ? 1 : 0;
        account.arrived.set((int) sequence);
      }
    }
    return account.bootMs + Math.round(uptimeMs / account.clockRate);
  }

  private Account boot(String device, int bootNonce) {
    Account account = accounts.get(device);
    while (account != null && account.bootNonce != bootNonce) {
      account = account.earlier;
    }
    return account;
  }

  private Account account(String device) {
    Account account = accounts.get(device);
    if (account == null) {
      throw new IllegalStateException("device " + device + " has not booted");
    }
    return account;
  }

  private static void set(String device, long sequence, Account account, BitSet numbers) {
    if (sequence < 1 || sequence > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "device %s: sequence %d is not in 1..2^31-1".formatted(device, sequence));
    }
    synchronized (account) {
      numbers.set((int) sequence);
    }
  }

  /** All devices by id, in their last boot. */
  public Map<String, DeviceReports> byDevice() {
    Map<String, DeviceReports> all = new TreeMap<>();
    accounts.forEach(
        (device, account) -> {
          synchronized (account) {
            BitSet sent = (BitSet) account.made.clone();
            sent.andNot(account.withheld);
            all.put(
                device,
                new DeviceReports(
                    device, account.bootNonce, numbers(sent), numbers(account.acked)));
          }
        });
    return all;
  }

  public Totals totals() {
    long made = 0;
    long withheld = 0;
    long acked = 0;
    for (Account account : boots()) {
      synchronized (account) {
        acked += account.acked.cardinality();
        withheld += account.withheld.cardinality();
        made += account.made.cardinality();
      }
    }
    return new Totals(made, withheld, acked);
  }

  public Arrivals arrivals() {
    long arrived = 0;
    long lost = 0;
    long duplicated = 0;
    long outOfOrder = 0;
    for (Account account : boots()) {
      synchronized (account) {
        arrived += account.arrived.cardinality();
        BitSet missing = (BitSet) account.acked.clone();
        missing.andNot(account.arrived);
        lost += missing.cardinality();
        duplicated += Math.max(0, account.duplicated - account.repeated);
        outOfOrder += account.outOfOrder;
      }
    }
    return new Arrivals(arrived, lost, duplicated, outOfOrder);
  }

  /**
   * Devices of which acknowledged reports are missing, with the lowest missing number.
   *
   * @param max devices that are named at most
   */
  public Map<String, Long> firstLost(int max) {
    Map<String, Long> first = new TreeMap<>();
    for (Map.Entry<String, Account> entry : accounts.entrySet()) {
      for (Account a = entry.getValue(); a != null && first.size() < max; a = a.earlier) {
        synchronized (a) {
          BitSet missing = (BitSet) a.acked.clone();
          missing.andNot(a.arrived);
          if (!missing.isEmpty()) {
            first.put(entry.getKey(), (long) missing.nextSetBit(0));
          }
        }
      }
    }
    return first;
  }

  private List<Account> boots() {
    List<Account> boots = new ArrayList<>();
    for (Account last : accounts.values()) {
      for (Account account = last; account != null; account = account.earlier) {
        boots.add(account);
      }
    }
    return boots;
  }

  private static List<Long> numbers(BitSet set) {
    return set.stream().mapToObj(Long::valueOf).toList();
  }
}
