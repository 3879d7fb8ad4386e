package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.FakePartitions;
import io.millrace.api.TestImage;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ReplicaReport;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataRecord.ReplicaConditions;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TopicId;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Node 1 has both partitions of topic "many" with node 2, and the one of "alone" for itself. */
@Timeout(60)
class ConditionReportsTest {
  private static final TopicId MANY = TestImage.idOf("many");
  private static final TopicId ALONE = TestImage.idOf("alone");

  private final Vertx vertx = Vertx.vertx();
  private final FakeController controller = new FakeController();
  private final FakePartitions partitions = new FakePartitions();
  private volatile MetadataImage image = MetadataImage.EMPTY;
  private volatile long epoch = 7;
  private final ConditionReports reports =
      new ConditionReports(
          vertx,
          new ConditionReports.Parts(1, () -> epoch, () -> controller, () -> image, partitions));

  private final FakePartitions.Fake first = partitions.add("many", 0);
  private final FakePartitions.Fake second = partitions.add("many", 1);
  private final FakePartitions.Fake alone = partitions.add("alone", 0);

  @BeforeEach
  void start() {
    commit(
        new Feature(MetadataVersion.FEATURE, MetadataVersion.NEWEST),
        new RegisterBroker(1, List.of(new Endpoint("P", "h", 1)), null, false, 7),
        new Topic(MANY, "many"),
        new Partition(MANY, on(0, List.of(1, 2))),
        new Partition(MANY, on(1, List.of(1, 2))),
        new Topic(ALONE, "alone"),
        new Partition(ALONE, on(0, List.of(1))));
  }

  private static PartitionImage on(int partition, List<Integer> replicas) {
    return new PartitionImage(partition, replicas, replicas, List.of(), 1, 0, 0);
  }

  @AfterEach
  void stop() throws Exception {
    reports.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private void commit(MetadataRecord... records) {
    image = new ImageBuilder(image).apply(image.offset() + 1, List.of(records)).build().image();
  }

  private void begin() throws Exception {
    reports.start(30_000).toCompletionStage().toCompletableFuture().get(40, TimeUnit.SECONDS);
  }

  private void awaitReports(int count) {
    while (controller.reported.size() < count) {
      LockSupport.parkNanos(5_000_000);
    }
  }

  private static ReplicaReport report(int partition, ReplicaCondition condition) {
    return new ReplicaReport(MANY, partition, condition);
  }

  @Test
  void shouldSayWhatIsWrongBeforeTheNodeServes() throws Exception {
    second.condition = ReplicaCondition.OFFLINE;
    alone.condition = ReplicaCondition.OFFLINE;

    begin();

    assertThat(controller.reported)
        .containsExactly(
            report(1, ReplicaCondition.OFFLINE),
            new ReplicaReport(ALONE, 0, ReplicaCondition.OFFLINE));
  }

  @Test
  void shouldSayNothingWhileAllIsWell() throws Exception {
    first.condition = null;

    begin();

    assertThat(controller.reported).isEmpty();
  }

  @Test
  void shouldSayWhatIsWellAgain() throws Exception {
    commit(new ReplicaConditions(MANY, 1, ReplicaCondition.OFFLINE, List.of(0, 1)));
    second.condition = null;

    begin();

    assertThat(controller.reported).containsExactly(report(0, ReplicaCondition.ONLINE));
  }

  @Test
  void shouldSayWhatGoesWrongLater() throws Exception {
    begin();

    first.condition = ReplicaCondition.FULL;
    alone.condition = ReplicaCondition.FULL;

    awaitReports(1);
    assertThat(controller.reported).containsExactly(report(0, ReplicaCondition.FULL));
  }

  @Test
  void shouldMoveNothingToAndFroWhenADiskIsAtItsLimit() throws Exception {
    commit(new ReplicaConditions(MANY, 1, ReplicaCondition.FULL, List.of(0, 1)));
    Promise<Void> answer = Promise.promise(); // until then nothing is said again
    controller.commit = answer.future();
    reports.start(30_000);
    awaitReports(2);
    assertThat(controller.reported)
        .containsExactly(report(0, ReplicaCondition.ONLINE), report(1, ReplicaCondition.ONLINE));
    commit(
        new ReplicaConditions(MANY, 1, ReplicaCondition.ONLINE, List.of(1)),
        new ReplicaConditions(MANY, 1, ReplicaCondition.FULL, List.of(0)));

    second.condition = ReplicaCondition.OFFLINE;
    answer.complete();

    awaitReports(3);
    assertThat(controller.reported)
        .containsExactly(
            report(0, ReplicaCondition.ONLINE),
            report(1, ReplicaCondition.ONLINE),
            report(1, ReplicaCondition.OFFLINE));
  }

  @Test
  void shouldSayItAgainUntilItIsCommitted() throws Exception {
    controller.refusals.put("report", new Outcome(Errors.STALE_BROKER_EPOCH, "old"));
    first.condition = ReplicaCondition.OFFLINE;

    begin();
    awaitReports(2);
    commit(new ReplicaConditions(MANY, 1, ReplicaCondition.OFFLINE, List.of(0)));

    assertThat(controller.reported).contains(report(0, ReplicaCondition.OFFLINE));
  }

  @Test
  void shouldNotWaitForeverForTheController() throws Exception {
    controller.commit = Promise.promise().future();
    first.condition = ReplicaCondition.OFFLINE;

    reports.start(50).toCompletionStage().toCompletableFuture().get(40, TimeUnit.SECONDS);

    assertThat(controller.reported).hasSize(1);
  }

  @Test
  void shouldSayNothingWithoutARegistration() throws Exception {
    epoch = -1;
    first.condition = ReplicaCondition.OFFLINE;

    begin();

    assertThat(controller.reported).isEmpty();
  }
}
