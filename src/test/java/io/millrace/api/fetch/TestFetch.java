package io.millrace.api.fetch;

import io.millrace.api.TestImage;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.partition.PartitionTable;
import io.millrace.protocol.WireIds;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;

/** What a test of Fetch with one partition is made of. */
public final class TestFetch {
  private static final int FIRST_VERSION_WITH_IDS = 13;

  private TestFetch() {}

  /** Of the listeners of clients. */
  public static FetchHandler handler(PartitionTable partitions, Loop loop) {
    return new FetchHandler(
        FetchHandler.Readers.CONSUMERS,
        partitions,
        new FetchSessionSlots(10),
        () -> 1 << 20,
        List.of(loop),
        Clock.SYSTEM);
  }

  /** Partition 0 of topic {@code t}, named as the version names topics. */
  public static FetchTopic topic(int version, long offset) {
    FetchTopic topic =
        new FetchTopic()
            .setPartitions(
                List.of(
                    new FetchPartition()
                        .setPartition(0)
                        .setFetchOffset(offset)
                        .setPartitionMaxBytes(1000)));
    return version >= FIRST_VERSION_WITH_IDS
        ? topic.setTopicId(WireIds.uuid(TestImage.idOf("t")))
        : topic.setTopic("t");
  }
}
