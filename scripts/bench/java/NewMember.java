import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/**
 * One more member comes into a KIP-848 group, and leaves again, several times.
 *
 * <p>Usage: NewMember HOST:PORT TOPIC PARTITIONS MEMBERS TIMES. Prints a line for each time: {@code
 * JOINED owned_s=… gap_s=… moved=… others_idle_s=…}, which are the time until the new member owned
 * all its partitions; the longest that a partition that moved was nobody's; how many partitions of
 * the others were taken from them; how long at most one of the others had nothing left.
 */
public final class NewMember {
  private static final int NOBODY = 0;

  private final Links links;
  private final String topic;
  private final String group;
  private final int partitions;
  private final int members;
  // How many own a partition: one, nobody, and more only if the broker is wrong.
  private final int[] owners;
  private final long[] freeSinceNs;
  private int owned;
  private int taken;
  private long longestFreeNs;
  private long longestIdleNs;
  private ConsumerMember newMember;

  private NewMember(Links links, String[] args) {
    this.links = links;
    topic = args[1];
    group = topic + "-" + System.nanoTime();
    partitions = Integer.parseInt(args[2]);
    members = Integer.parseInt(args[3]);
    owners = new int[partitions];
    freeSinceNs = new long[partitions];
  }

  public static void main(String[] args) throws Exception {
    try (Links links = new Links(args[0])) {
      new NewMember(links, args).run(Integer.parseInt(args[4]));
    }
  }

  private void run(int times) throws Exception {
    List<ConsumerMember> others = new ArrayList<>();
    for (int i = 0; i < members; i++) {
      ConsumerMember member = member();
      others.add(member);
      // Over a heartbeat interval, as instances that have run for long are.
      links.after(5_000L * i / members, member::join);
    }
    links.runUntil("an assignment", () -> settled(others));
    for (int i = 0; i < times; i++) {
      // Each time at another moment between two heartbeats of the others.
      links.runFor(6_000 + 1_700 * i, () -> false);
      taken = 0;
      longestFreeNs = 0;
      longestIdleNs = 0;
      newMember = member();
      long since = System.nanoTime();
      newMember.join();
      links.runUntil(
          "partitions of the new member",
          () -> newMember.owned().size() >= partitions / (members + 1) && allOwned());
      double seconds = (System.nanoTime() - since) / 1e9;
      // What else would change shows within two intervals.
      links.runFor(10_000, () -> false);
      System.out.printf(
          Locale.ROOT,
          "JOINED owned_s=%.3f gap_s=%.3f moved=%d others_idle_s=%.3f%n",
          seconds,
          longestFreeNs / 1e9,
          taken,
          longestIdleNs / 1e9);
      newMember.leave();
      newMember = null;
      links.runUntil("an assignment after leaving", () -> settled(others));
    }
    System.out.println("DONE");
  }

  private ConsumerMember member() throws Exception {
    long[] idleSinceNs = new long[1];
    return new ConsumerMember(
        links,
        links.open(),
        group,
        topic,
        (member, before, after) -> {
          long now = System.nanoTime();
          before.stream().filter(p -> !after.contains(p)).forEach(p -> onLost(member, p, now));
          after.stream().filter(p -> !before.contains(p)).forEach(p -> onTaken(p, now));
          if (after.isEmpty()) {
            idleSinceNs[0] = now;
          } else if (idleSinceNs[0] != 0 && member != newMember) {
            longestIdleNs = Math.max(longestIdleNs, now - idleSinceNs[0]);
            idleSinceNs[0] = 0;
          }
        });
  }

  private void onLost(ConsumerMember member, int partition, long now) {
    if (--owners[partition] == NOBODY) {
      owned--;
    }
    freeSinceNs[partition] = now;
    if (member != newMember) {
      taken++;
    }
  }

  private void onTaken(int partition, long now) {
    if (++owners[partition] != 1) {
      throw new IllegalStateException("partition " + partition + " has two owners");
    }
    owned++;
    if (freeSinceNs[partition] != 0) {
      longestFreeNs = Math.max(longestFreeNs, now - freeSinceNs[partition]);
    }
  }

  private boolean allOwned() {
    return owned == partitions;
  }

  private boolean settled(List<ConsumerMember> others) {
    int[] sizes = others.stream().map(ConsumerMember::owned).mapToInt(TreeSet::size).toArray();
    Arrays.sort(sizes);
    return allOwned() && sizes[sizes.length - 1] - sizes[0] <= 1;
  }
}
