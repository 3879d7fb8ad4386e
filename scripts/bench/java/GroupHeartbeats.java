import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Members of many groups that do nothing but send heartbeats, at the intervals of KafkaConsumer, each
 * through a connection of its own.
 *
 * <p>Usage: GroupHeartbeats HOST:PORT TOPIC PARTITIONS consumer|classic GROUPS MEMBERS, the members
 * being those of all groups. Prints {@code READY} when all groups have been in one state for ten
 * seconds and goes on until it is ended.
 */
public final class GroupHeartbeats {
  // So many members join at a time: a broker answers before the next come.
  private static final int JOIN_TOGETHER = 50;
  private static final int CALM_MS = 10_000;
  private static final int SESSION_TIMEOUT_MS = 45_000;

  private final Links links;
  private final String topic;
  private final int partitions;
  private final int groups;
  private final int members;
  private final List<ConsumerMember> consumers = new ArrayList<>();
  private final List<ClassicMember> classics = new ArrayList<>();
  private long changedNs = System.nanoTime();
  private int started;

  private GroupHeartbeats(Links links, String[] args) {
    this.links = links;
    topic = args[1];
    partitions = Integer.parseInt(args[2]);
    groups = Integer.parseInt(args[4]);
    members = Integer.parseInt(args[5]);
  }

  public static void main(String[] args) throws Exception {
    try (Links links = new Links(args[0])) {
      new GroupHeartbeats(links, args).run(args[3].equals("consumer"));
    }
  }

  private void run(boolean consumer) throws Exception {
    String prefix = topic + "-" + System.nanoTime() + "-";
    List<Runnable> joins = new ArrayList<>();
    for (int i = 0; i < members; i++) {
      // Neighbours are of one group, so that groups are formed one after the other.
      String group = prefix + i / (members / groups);
      Links.Link link = links.open();
      if (consumer) {
        ConsumerMember member =
            new ConsumerMember(
                links, link, group, topic, (who, before, after) -> changedNs = System.nanoTime());
        consumers.add(member);
        joins.add(member::join);
      } else {
        ClassicMember member =
            new ClassicMember(links, link, group, topic, partitions, SESSION_TIMEOUT_MS);
        classics.add(member);
        joins.add(member::join);
      }
    }
    joinSome(joins);
    links.runUntil("all members", () -> started == members);
    if (consumer) {
      links.runUntil(
          "calm", () -> System.nanoTime() - changedNs > CALM_MS * 1_000_000L && sameEpochs());
    } else {
      links.runUntil("stable groups", () -> classics.stream().allMatch(ClassicMember::stable));
      links.runFor(CALM_MS, () -> false);
      links.runUntil("stable groups", () -> classics.stream().allMatch(ClassicMember::stable));
    }
    System.out.println("READY");
    while (true) {
      links.runFor(60_000, () -> false);
    }
  }

  private void joinSome(List<Runnable> joins) {
    for (int i = 0; i < JOIN_TOGETHER && started < members; i++) {
      joins.get(started++).run();
    }
    if (started < members) {
      links.after(50, () -> joinSome(joins));
    }
  }

  private boolean sameEpochs() {
    Map<Integer, Integer> epochs = new HashMap<>();
    for (int i = 0; i < members; i++) {
      Integer other = epochs.putIfAbsent(i / (members / groups), consumers.get(i).epoch());
      if (other != null && other != consumers.get(i).epoch()) {
        return false;
      }
    }
    return true;
  }
}
