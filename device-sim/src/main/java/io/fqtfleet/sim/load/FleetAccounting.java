package io.fqtfleet.sim.load;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Every report of every simulated device by its sequence number: made, withheld by the scenario,
 * acknowledged by the broker. Made = withheld + acknowledged + in flight. Safe for many threads.
 */
public final class FleetAccounting {
  private final Map<String, Account> accounts = new ConcurrentHashMap<>();

  /** One device's sets of sequence numbers (1, 2, 3 ... within its boot). */
  private static final class Account {
    private final int bootNonce;
    private final BitSet made = new BitSet();
    private final BitSet withheld = new BitSet();
    private final BitSet acked = new BitSet();

    Account(int bootNonce) {
      this.bootNonce = bootNonce;
    }
  }

  /**
   * What one device sent.
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

  public void booted(String device, int bootNonce) {
    accounts.put(device, new Account(bootNonce));
  }

  public void made(String device, long sequence) {
    set(device, sequence, account(device).made);
  }

  /** The scenario lost it before the broker could see it. */
  public void withheld(String device, long sequence) {
    set(device, sequence, account(device).withheld);
  }

  public void acked(String device, long sequence) {
    set(device, sequence, account(device).acked);
  }

  private Account account(String device) {
    Account account = accounts.get(device);
    if (account == null) {
      throw new IllegalStateException("device " + device + " has not booted");
    }
    return account;
  }

  private static void set(String device, long sequence, BitSet numbers) {
    if (sequence < 1 || sequence > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "device %s: sequence %d is not in 1..2^31-1".formatted(device, sequence));
    }
    synchronized (numbers) {
      numbers.set((int) sequence);
    }
  }

  /** All devices by id. */
  public Map<String, DeviceReports> byDevice() {
    Map<String, DeviceReports> all = new TreeMap<>();
    accounts.forEach(
        (device, account) -> {
          BitSet sent = copy(account.made);
          sent.andNot(copy(account.withheld));
          all.put(
              device,
              new DeviceReports(
                  device, account.bootNonce, numbers(sent), numbers(copy(account.acked))));
        });
    return all;
  }

  public Totals totals() {
    long made = 0;
    long withheld = 0;
    long acked = 0;
    for (Account account : accounts.values()) {
      acked += copy(account.acked).cardinality();
      withheld += copy(account.withheld).cardinality();
      made += copy(account.made).cardinality();
    }
    return new Totals(made, withheld, acked);
  }

  private static BitSet copy(BitSet numbers) {
    synchronized (numbers) {
      return (BitSet) numbers.clone();
    }
  }

  private static List<Long> numbers(BitSet set) {
    return set.stream().mapToObj(Long::valueOf).toList();
  }
}
