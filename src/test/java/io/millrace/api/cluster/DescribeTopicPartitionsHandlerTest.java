package io.millrace.api.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.metadata.PartitionImage;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class DescribeTopicPartitionsHandlerTest {
  private final TestImage image = TestImage.ofOne().topic("b", 3).topic("a", 2).topic("c", 1);

  private DescribeTopicPartitionsResponseData ask(DescribeTopicPartitionsRequestData request) {
    return TestRequest.ask(
        new DescribeTopicPartitionsHandler(2000, TestImage.IN_TOUCH), image, 0, request);
  }

  private static DescribeTopicPartitionsRequestData request(int limit, String... names) {
    return new DescribeTopicPartitionsRequestData()
        .setResponsePartitionLimit(limit)
        .setTopics(Arrays.stream(names).map(name -> new TopicRequest().setName(name)).toList());
  }

  private static Cursor cursor(String topic, int partition) {
    return new Cursor().setTopicName(topic).setPartitionIndex(partition);
  }

  /** Topics as {@code name:first-last}. */
  private static List<String> pages(DescribeTopicPartitionsResponseData response) {
    return response.topics().stream()
        .map(
            topic ->
                topic.name() + topic.partitions().stream().map(p -> p.partitionIndex()).toList())
        .toList();
  }

  @Test
  void shouldTellAllTopicsInOrderOfTheirNames() {
    DescribeTopicPartitionsResponseData response = ask(request(2000));
    assertThat(pages(response)).containsExactly("a[0, 1]", "b[0, 1, 2]", "c[0]");
    assertThat(response.nextCursor()).isNull();
  }

  @Test
  void shouldStopInATopicAndSayWhereToGoOn() {
    DescribeTopicPartitionsResponseData response = ask(request(3));
    assertThat(pages(response)).containsExactly("a[0, 1]", "b[0]");
    assertThat(response.nextCursor().topicName()).isEqualTo("b");
    assertThat(response.nextCursor().partitionIndex()).isEqualTo(1);
  }

  @Test
  void shouldStopBetweenTopics() {
    DescribeTopicPartitionsResponseData response = ask(request(2));
    assertThat(pages(response)).containsExactly("a[0, 1]");
    assertThat(response.nextCursor().topicName()).isEqualTo("b");
    assertThat(response.nextCursor().partitionIndex()).isZero();
  }

  @Test
  void shouldGoOnAtTheCursor() {
    assertThat(pages(ask(request(2000).setCursor(cursor("b", 2))))).containsExactly("b[2]", "c[0]");
  }

  @Test
  void shouldGoOnBehindATopicThatIsGoneSince() {
    assertThat(pages(ask(request(2000).setCursor(cursor("aa", 2)))))
        .containsExactly("b[0, 1, 2]", "c[0]");
  }

  @Test
  void shouldTakeACursorBehindTheLastPartition() {
    assertThat(pages(ask(request(2000, "a").setCursor(cursor("a", 9))))).containsExactly("a[]");
  }

  @Test
  void shouldRefuseACursorThatIsNotAmongTheTopics() {
    DescribeTopicPartitionsResponseData response =
        ask(request(2000, "b").setCursor(cursor("a", 0)));
    assertThat(response.topics().find("b").errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
  }

  @Test
  void shouldRefuseANegativePartition() {
    DescribeTopicPartitionsResponseData response =
        ask(request(2000, "b").setCursor(cursor("b", -1)));
    assertThat(response.topics().find("b").errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
  }

  @Test
  void shouldTellOnePartitionAtLeast() {
    assertThat(pages(ask(request(-5, "b")))).containsExactly("b[0]");
  }

  @Test
  void shouldNotTellMoreThanTheNodeAllows() {
    DescribeTopicPartitionsResponseData response =
        TestRequest.ask(
            new DescribeTopicPartitionsHandler(1, TestImage.IN_TOUCH),
            image,
            0,
            request(2000, "b"));
    assertThat(pages(response)).containsExactly("b[0]");
  }

  @Test
  void shouldRefuseWhatIsNotThereOneByOne() {
    DescribeTopicPartitionsResponseData response = ask(request(2000, "no", "bad name", "c"));
    assertThat(response.topics().find("no").errorCode())
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    assertThat(response.topics().find("bad name").errorCode())
        .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
    assertThat(response.topics().find("c").errorCode()).isZero();
    assertThat(response.topics().find("c").topicAuthorizedOperations()).isEqualTo(3576);
  }

  @Test
  void shouldTellTheLastIsrAsEligibleLeaders() {
    TestImage offline =
        TestImage.ofOne()
            .topic("t", new PartitionImage(0, List.of(1, 2), List.of(), List.of(2), -1, 8, 9));
    DescribeTopicPartitionsResponseData response =
        TestRequest.ask(
            new DescribeTopicPartitionsHandler(2000, TestImage.IN_TOUCH),
            offline,
            0,
            request(1, "t"));
    var partition = response.topics().find("t").partitions().get(0);
    assertThat(partition.eligibleLeaderReplicas()).containsExactly(2);
    assertThat(partition.lastKnownElr()).isEmpty();
    assertThat(partition.leaderId()).isEqualTo(-1);
    assertThat(partition.offlineReplicas()).containsExactly(2);
  }
}
