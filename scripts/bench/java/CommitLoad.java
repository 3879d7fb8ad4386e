import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * The only members of classic groups, each with a connection of its own, commit one offset at a
 * time, several in flight.
 *
 * <p>Usage: CommitLoad HOST:PORT TOPIC PARTITIONS GROUPS IN_FLIGHT COMMITS RATE. The rate is that of
 * all commits in a second, 0 for as fast as they are answered. Prints {@code COMMITS commits=…
 * seconds=… ack_p50=… …}.
 */
public final class CommitLoad {
  private static final short VERSION = 9;
  // The longest that both brokers allow by default: no heartbeats among the commits.
  private static final int SESSION_TIMEOUT_MS = 1_800_000;

  private final Links links;
  private final String topic;
  private final int partitions;
  private final int commits;
  private final int rate;
  private final Percentiles latencies = new Percentiles();
  private long startNs;
  private int sent;

  private record Committer(String group, ClassicMember member, Links.Link link) {}

  private CommitLoad(Links links, String[] args) {
    this.links = links;
    topic = args[1];
    partitions = Integer.parseInt(args[2]);
    commits = Integer.parseInt(args[5]);
    rate = Integer.parseInt(args[6]);
  }

  public static void main(String[] args) throws Exception {
    try (Links links = new Links(args[0])) {
      new CommitLoad(links, args).run(Integer.parseInt(args[3]), Integer.parseInt(args[4]));
    }
  }

  private void run(int groups, int inFlight) throws Exception {
    // Nobody leaves: another run must find no members.
    String prefix = topic + "-" + System.nanoTime() + "-";
    List<Committer> committers = new ArrayList<>();
    for (int i = 0; i < groups; i++) {
      Links.Link link = links.open();
      String group = prefix + i;
      ClassicMember member =
          new ClassicMember(links, link, group, topic, partitions, SESSION_TIMEOUT_MS);
      member.join();
      committers.add(new Committer(group, member, link));
    }
    links.runUntil(
        "stable groups", () -> committers.stream().allMatch(one -> one.member.stable()));
    startNs = System.nanoTime();
    for (int i = 0; i < inFlight; i++) {
      committers.forEach(this::next);
    }
    links.runFor(3_600_000, () -> latencies.count() == commits);
    System.out.printf(
        Locale.ROOT,
        "COMMITS commits=%d seconds=%.3f %s%n",
        latencies.count(),
        (System.nanoTime() - startNs) / 1e9,
        latencies.line("ack"));
  }

  private void next(Committer committer) {
    if (sent == commits) {
      return;
    }
    int number = sent++;
    long dueMs = rate == 0 ? 0 : number * 1_000L / rate - (System.nanoTime() - startNs) / 1_000_000;
    if (dueMs > 0) {
      links.after(dueMs, () -> commit(committer, number));
    } else {
      commit(committer, number);
    }
  }

  private void commit(Committer committer, int number) {
    OffsetCommitRequestTopic of =
        new OffsetCommitRequestTopic()
            .setName(topic)
            .setPartitions(
                List.of(
                    new OffsetCommitRequestPartition()
                        .setPartitionIndex(number % partitions)
                        .setCommittedOffset(number)
                        .setCommittedMetadata("")));
    long sentNs = System.nanoTime();
    committer.link.call(
        new OffsetCommitRequestData()
            .setGroupId(committer.group)
            .setMemberId(committer.member.id())
            .setGenerationIdOrMemberEpoch(committer.member.generation())
            .setTopics(List.of(of)),
        VERSION,
        answer -> {
          latencies.add(System.nanoTime() - sentNs);
          check(answer);
          next(committer);
        });
  }

  private static void check(ApiMessage answer) {
    OffsetCommitResponseData response = (OffsetCommitResponseData) answer;
    if (response.topics().get(0).partitions().get(0).errorCode() != Errors.NONE.code()) {
      throw new IllegalStateException("refused: " + response);
    }
  }
}
