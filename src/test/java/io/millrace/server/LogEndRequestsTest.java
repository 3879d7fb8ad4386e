package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.FakePartitions;
import io.millrace.api.TestImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicId;
import io.millrace.partition.FakeReplica;
import io.millrace.partition.FetchAnswer;
import io.millrace.partition.RestingLog;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Node 1 with a replica of t-0, which waits for the reports of nodes 1 and 2. */
class LogEndRequestsTest {
  private static final long EPOCH = 7;
  private static final TopicId TOPIC = TestImage.idOf("t");

  private final TestLoop loop = new TestLoop();
  private final FakeController controller = new FakeController();
  private final FakePartitions partitions = new FakePartitions();
  private final FakeReplica replica =
      new FakeReplica(Errors.NONE, FetchAnswer.refused(Errors.NOT_LEADER_OR_FOLLOWER));
  private TestImage image = TestImage.ofOne();
  private long brokerEpoch = EPOCH;
  private final LogEndRequests requests =
      new LogEndRequests(
          loop,
          new LogEndRequests.Parts(
              1, () -> brokerEpoch, () -> controller, () -> image, () -> partitions));

  LogEndRequestsTest() {
    partitions.add("t", 0).replica = replica;
  }

  private static PartitionImage partition(int leader, Integer... maybeCut) {
    return new PartitionImage(
        0,
        List.of(1, 2),
        List.of(2),
        List.of(),
        leader,
        5,
        9,
        false,
        List.of(),
        List.of(),
        List.of(maybeCut));
  }

  private void learns(PartitionImage partition) {
    TopicImage topic = new TopicImage(TOPIC, "t", List.of(partition));
    requests.onDelta(
        new ImageDelta(image, image, Map.of(TOPIC, topic), Map.of(), Set.of(), Set.of()));
  }

  private void awaitReports(int count) {
    loop.await(() -> controller.logEnds.size() >= count);
  }

  /** Nothing is said in some turns of the loop and of its first timers. */
  private void runsFor(long ms) {
    boolean[] over = new boolean[1];
    loop.schedule(ms, () -> over[0] = true);
    loop.await(() -> over[0]);
  }

  @Test
  void shouldReportUntilThereIsALeader() {
    replica.rests(new RestingLog(5, 4, 100));
    learns(partition(PartitionImage.NO_LEADER, 1, 2));
    awaitReports(3);
    assertThat(controller.logEnds.get(0))
        .startsWith("1 7 [LogEnd[topicId=" + TOPIC)
        .endsWith("partition=0, leaderEpoch=5, lastEpoch=4, endOffset=100]]");
    learns(partition(2, 1));
    loop.await(() -> true);
    int said = controller.logEnds.size();
    runsFor(500);
    assertThat(controller.logEnds).hasSizeLessThanOrEqualTo(said + 1);
  }

  @Test
  void shouldNotReportALogThatIsNotOpenYet() {
    learns(partition(PartitionImage.NO_LEADER, 1, 2));
    runsFor(200);
    assertThat(controller.logEnds).isEmpty();
    replica.rests(new RestingLog(5, 4, 100));
    awaitReports(1);
  }

  @Test
  void shouldNotReportBeforeItServes() {
    brokerEpoch = -1;
    replica.rests(new RestingLog(5, 4, 100));
    learns(partition(PartitionImage.NO_LEADER, 1, 2));
    runsFor(200);
    assertThat(controller.logEnds).isEmpty();
    brokerEpoch = EPOCH;
    awaitReports(1);
  }

  @Test
  void shouldReportNothingThatNobodyWaitsFor() {
    replica.rests(new RestingLog(5, 4, 100));
    learns(partition(PartitionImage.NO_LEADER, 1));
    runsFor(200);
    assertThat(controller.logEnds).isEmpty();
  }

  @Test
  void shouldGoOnAfterAReportThatFailed() {
    controller.commit = Future.failedFuture("no controller");
    replica.rests(new RestingLog(5, 4, 100));
    learns(partition(PartitionImage.NO_LEADER, 1, 2));
    awaitReports(2);
  }

  @Test
  void shouldGoOnAfterALogThatCouldNotBeAsked() {
    FakePartitions.Fake partition = partitions.add("t", 0);
    learns(partition(PartitionImage.NO_LEADER, 1, 2));
    runsFor(200);
    assertThat(controller.logEnds).isEmpty();
    partition.replica = replica.rests(new RestingLog(5, 4, 100));
    awaitReports(1);
  }

  @Test
  void shouldNotSayTheSameForEveryChange() {
    replica.rests(new RestingLog(5, 4, 100));
    learns(partition(PartitionImage.NO_LEADER, 1, 2));
    awaitReports(1);
    for (int i = 0; i < 50; i++) {
      learns(partition(PartitionImage.NO_LEADER, 1, 2));
      runsFor(1);
    }
    assertThat(controller.logEnds).hasSizeLessThan(10);
  }

  @Test
  void shouldForgetDeletedTopics() {
    learns(partition(PartitionImage.NO_LEADER, 1, 2));
    runsFor(100);
    TopicImage topic =
        new TopicImage(TOPIC, "t", List.of(partition(PartitionImage.NO_LEADER, 1, 2)));
    requests.onDelta(
        new ImageDelta(image, image, Map.of(), Map.of(TOPIC, topic), Set.of(), Set.of()));
    runsFor(100);
    replica.rests(new RestingLog(5, 4, 100));
    runsFor(500);
    assertThat(controller.logEnds).isEmpty();
  }
}
