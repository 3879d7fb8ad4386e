package io.millrace.api.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakePartitions;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.partition.FakeReplica;
import io.millrace.partition.FetchAnswer;
import io.millrace.partition.FetchAsk;
import io.millrace.protocol.WireIds;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** News of a partition that was read, while another one of the same visit is still being read. */
class OvertakenVisitTest {
  private final ManualLoop loop = new ManualLoop();
  private final TestImage image = TestImage.ofOne().topic("t", 2);
  private final FakePartitions partitions = new FakePartitions();
  private final FetchHandler handler =
      new FetchHandler(
          FetchHandler.Readers.CONSUMERS,
          partitions,
          new FetchSessionSlots(10),
          () -> 1 << 20,
          List.of(loop),
          loop);
  private final FakeReplica quick = new FakeReplica(Errors.NONE, this::read);
  private final FakeReplica late = new FakeReplica(Errors.NONE, OvertakenVisitTest::nothing).late();
  private boolean ended;

  private void add(int partition, FakeReplica replica) {
    FakePartitions.Fake added = partitions.add("t", partition);
    added.replica = replica;
    added.loop = loop;
  }

  private TestRequest fetch() {
    add(0, quick);
    add(1, late);
    FetchRequestData request =
        new FetchRequestData()
            .setMaxBytes(1_000_000)
            .setMinBytes(1)
            .setMaxWaitMs(500)
            .setTopics(
                List.of(
                    new FetchTopic()
                        .setTopicId(WireIds.uuid(TestImage.idOf("t")))
                        .setPartitions(
                            IntStream.range(0, 2)
                                .mapToObj(
                                    i ->
                                        new FetchPartition()
                                            .setPartition(i)
                                            .setPartitionMaxBytes(1_000_000))
                                .toList())));
    TestRequest sent = new TestRequest(image, ApiKeys.FETCH, 17).on(loop).begin(handler, request);
    loop.runTasks();
    return sent;
  }

  /** Urgent news stand for records, which need a file. */
  private FetchAnswer read(FetchAsk ask) {
    return new FetchAnswer(
        ended ? Errors.NOT_LEADER_OR_FOLLOWER : Errors.NONE,
        null,
        0,
        0,
        0,
        0,
        null,
        false,
        null,
        -1,
        -1,
        -1);
  }

  private static FetchAnswer nothing(FetchAsk ask) {
    return new FetchAnswer(Errors.NONE, null, 0, 0, 0, 0, null, false, null, -1, -1, -1);
  }

  @Test
  void shouldNotBeForgotten() {
    TestRequest fetch = fetch();
    ended = true;
    quick.fire();
    loop.runTasks();

    late.answer();
    loop.runTasks();

    assertThat(fetch.isAnswered()).isTrue();
    FetchResponseData response = fetch.await();
    assertThat(response.responses().get(0).partitions())
        .anySatisfy(
            each -> assertThat(each.errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code()));
  }

  @Test
  void shouldKeepNobodyBusyWhenThereIsNothingNew() {
    TestRequest fetch = fetch();
    quick.fire();
    loop.runTasks();

    late.answer();
    loop.runTasks();

    assertThat(fetch.isAnswered()).isFalse();
    assertThat(quick.asked()).hasSize(2);
    loop.advance(600);
    assertThat(fetch.isAnswered()).isTrue();
  }
}
