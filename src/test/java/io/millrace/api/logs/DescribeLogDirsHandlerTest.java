package io.millrace.api.logs;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakePartitions;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.api.logs.LogDirs.LogDir;
import io.millrace.log.LogMoves;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.Partition.Status;
import io.vertx.core.Future;
import java.util.List;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopicCollection;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DescribeLogDirsHandlerTest {
  private final FakePartitions partitions = new FakePartitions();
  private List<LogMoves.Progress> moves = List.of();
  private final LogDirs dirs =
      () ->
          Future.succeededFuture(
              List.of(
                  new LogDir("/data/a", true, 1000, 400), new LogDir("/data/b", false, -1, -1)));

  @BeforeEach
  void addPartitions() {
    partitions.add("t", 0);
    partitions.add("t", 1);
    partitions.add("u", 0).status = new Status("/data/b", 5, 0, 1, 1, 1, true, false);
  }

  private DescribeLogDirsResponseData ask(int version, DescribableLogDirTopicCollection topics) {
    return TestRequest.ask(
        new DescribeLogDirsHandler(dirs, partitions, () -> moves),
        TestImage.ofOne(),
        version,
        new DescribeLogDirsRequestData().setTopics(topics));
  }

  private static DescribableLogDirTopicCollection topic(String name, Integer... indexes) {
    DescribableLogDirTopicCollection topics = new DescribableLogDirTopicCollection();
    topics.add(new DescribableLogDirTopic().setTopic(name).setPartitions(List.of(indexes)));
    return topics;
  }

  @Test
  void shouldTellSizesOfVolumesAndPartitions() {
    DescribeLogDirsResult dir = ask(5, null).results().get(0);
    assertThat(dir.logDir()).isEqualTo("/data/a");
    assertThat(dir.totalBytes()).isEqualTo(1000);
    assertThat(dir.usableBytes()).isEqualTo(400);
    assertThat(dir.isCordoned()).isFalse();
    assertThat(dir.topics()).hasSize(1);
    assertThat(dir.topics().get(0).partitions()).hasSize(2);
    assertThat(dir.topics().get(0).partitions().get(0).partitionSize()).isEqualTo(1234);
    assertThat(dir.topics().get(0).partitions().get(0).offsetLag()).isZero();
    assertThat(dir.topics().get(0).partitions().get(0).isFutureKey()).isFalse();
  }

  @Test
  void shouldTellHowFarAReplicaIsBehind() {
    partitions.add("t", 0).status = new Status("/data/a", 1, 0, 70, 70, 50, false, true);
    assertThat(ask(1, topic("t", 0)).results().get(0).topics().get(0).partitions().get(0))
        .matches(partition -> partition.offsetLag() == 20);
  }

  @Test
  void shouldTellNothingOfADirectoryThatFailed() {
    DescribeLogDirsResult dir = ask(4, null).results().get(1);
    assertThat(dir.errorCode()).isEqualTo(Errors.KAFKA_STORAGE_ERROR.code());
    assertThat(dir.topics()).isEmpty();
    assertThat(dir.totalBytes()).isEqualTo(-1);
  }

  @Test
  void shouldTellOnlyOfThePartitionsAskedFor() {
    DescribeLogDirsResult dir = ask(2, topic("t", 1, 77)).results().get(0);
    assertThat(dir.topics().get(0).partitions()).hasSize(1);
    assertThat(dir.topics().get(0).partitions().get(0).partitionIndex()).isEqualTo(1);
  }

  @Test
  void shouldTellOfNoPartitionWhenNoneIsAskedFor() {
    DescribeLogDirsResponseData response = ask(3, new DescribableLogDirTopicCollection());
    assertThat(response.results()).hasSize(2);
    assertThat(response.results().get(0).topics()).isEmpty();
  }

  @Test
  void shouldShowALogOnItsWayWhereItGoes() {
    moves =
        List.of(
            new LogMoves.Progress(
                new TopicIdPartition(TestImage.idOf("t"), "t", 1),
                "/data/a",
                "/data/c",
                77,
                1234,
                13));
    var dirs =
        TestRequest.<DescribeLogDirsResponseData>ask(
            new DescribeLogDirsHandler(
                () ->
                    Future.succeededFuture(
                        List.of(
                            new LogDir("/data/a", true, 1000, 400),
                            new LogDir("/data/c", true, 1000, 500, true))),
                partitions,
                () -> moves),
            TestImage.ofOne(),
            5,
            new DescribeLogDirsRequestData().setTopics(topic("t", 1)));
    assertThat(dirs.results().get(1).isCordoned()).isTrue();
    var future = dirs.results().get(1).topics().get(0).partitions().get(0);
    assertThat(future.isFutureKey()).isTrue();
    assertThat(future.partitionSize()).isEqualTo(77);
    assertThat(future.offsetLag()).isEqualTo(13);
    assertThat(dirs.results().get(0).topics().get(0).partitions().get(0).isFutureKey()).isFalse();
  }
}
