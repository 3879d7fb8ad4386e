package io.millrace.api.fetch;

import io.millrace.api.FakePartitions;
import io.millrace.api.InlineLoop;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.model.Clock;
import io.millrace.protocol.WireIds;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * A consumer's fetch of partition 0 of {@code t} without a session. It would wait for a byte for a
 * minute.
 */
public final class TestFetch {
  private TestFetch() {}

  /**
   * Sends it and waits for the response.
   *
   * @param rack of the consumer; sent in versions that have it
   */
  public static FetchResponseData send(
      FakePartitions partitions, TestImage image, TestImage newest, int version, String rack) {
    InlineLoop loop = new InlineLoop();
    FetchHandler handler =
        new FetchHandler(
            FetchHandler.Readers.CONSUMERS,
            partitions,
            new FetchSessionSlots(10),
            () -> 1 << 20,
            List.of(loop),
            Clock.SYSTEM);
    FetchRequestData.FetchTopic topic =
        new FetchRequestData.FetchTopic()
            .setPartitions(
                List.of(
                    new FetchRequestData.FetchPartition()
                        .setPartition(0)
                        .setFetchOffset(20)
                        .setPartitionMaxBytes(1000)));
    if (version >= 13) {
      topic.setTopicId(WireIds.uuid(TestImage.idOf("t")));
    } else {
      topic.setTopic("t");
    }
    FetchRequestData request =
        new FetchRequestData()
            .setMaxBytes(1000)
            .setMinBytes(1)
            .setMaxWaitMs(60_000)
            .setTopics(List.of(topic));
    if (version >= 11) {
      request.setRackId(rack);
    }
    return new TestRequest(image, ApiKeys.FETCH, version)
        .on(loop)
        .newest(newest)
        .send(handler, request);
  }
}
