import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;

/**
 * Commits every partition of a topic once for each of many groups, all of them kept in the same
 * partition of __consumer_offsets as group {@code fill-0}: so many distinct records.
 *
 * <p>Usage: FillShard HOST:PORT TOPIC PARTITIONS GROUPS. Prints {@code FILLED records=…}.
 */
public final class FillShard {
  private static final short VERSION = 9;
  private static final int SHARDS = 50;
  private static final int IN_FLIGHT = 20;

  private FillShard() {}

  public static void main(String[] args) throws Exception {
    String topic = args[1];
    int partitions = Integer.parseInt(args[2]);
    ArrayDeque<String> groups = groups(Integer.parseInt(args[3]));
    int[] records = new int[1];
    int[] inFlight = new int[1];
    try (Links links = new Links(args[0])) {
      Links.Link link = links.open();
      links.runUntil(
          "a coordinator",
          () -> {
            while (inFlight[0] < IN_FLIGHT && !groups.isEmpty()) {
              inFlight[0]++;
              link.call(
                  commit(groups.peek(), topic, partitions),
                  VERSION,
                  answer -> {
                    inFlight[0]--;
                    records[0] += accepted((OffsetCommitResponseData) answer);
                  });
              groups.remove();
            }
            return inFlight[0] == 0;
          });
    }
    System.out.println("FILLED records=" + records[0]);
  }

  private static ArrayDeque<String> groups(int count) {
    ArrayDeque<String> groups = new ArrayDeque<>();
    for (int i = 0; groups.size() < count; i++) {
      if (shard("fill-" + i) == shard("fill-0")) {
        groups.add("fill-" + i);
      }
    }
    return groups;
  }

  private static int shard(String group) {
    return Utils.abs(group.hashCode()) % SHARDS;
  }

  private static OffsetCommitRequestData commit(String group, String topic, int partitions) {
    List<OffsetCommitRequestPartition> all = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      all.add(
          new OffsetCommitRequestPartition()
              .setPartitionIndex(i)
              .setCommittedOffset(1_000_000L + i)
              .setCommittedMetadata(""));
    }
    return new OffsetCommitRequestData()
        .setGroupId(group)
        .setTopics(List.of(new OffsetCommitRequestTopic().setName(topic).setPartitions(all)));
  }

  private static int accepted(OffsetCommitResponseData answer) {
    int accepted = 0;
    for (var partition : answer.topics().get(0).partitions()) {
      if (partition.errorCode() != Errors.NONE.code()) {
        throw new IllegalStateException("refused: " + Errors.forCode(partition.errorCode()));
      }
      accepted++;
    }
    return accepted;
  }
}
