package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.group.GroupRecordTypes;
import io.millrace.coordinator.shard.Reply;
import io.millrace.log.LogConfig;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.ImageFeed;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.Partition;
import io.millrace.partition.Resident;
import io.millrace.partition.UnaskedPartition;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of a command to the shard of one partition on this node. */
class CoordinatorRuntimeTest {
  /** The one partition that this node has. */
  private final class Local extends UnaskedPartition {
    Local() {
      super(TestLeaderLog.ID, loop);
    }

    @Override
    public Partition get(TopicId topic, int partition) {
      return partition == TestLeaderLog.ID.partition() ? this : null;
    }

    @Override
    public Collection<Partition> all() {
      return List.of(this);
    }

    @Override
    public Resident resident() {
      return resident;
    }
  }

  @TempDir Path directory;
  private final TestLoop loop = new TestLoop();
  private final ImageFeed images = new ImageFeed();
  private final CoordinatorRuntime<RegisterShard> runtime =
      new CoordinatorRuntime<>(
          new CoordinatorRuntime.Parts<>(
              new CoordinatorConfig(TestLeaderLog.ID.topic(), 5_000, 4096),
              (partition, timers, leaderEpoch) -> new RegisterShard(timers),
              new GroupRecordTypes(Set.of()),
              Clock.SYSTEM,
              loop,
              Metrics.NONE,
              "test"));
  private TestLeaderLog log;
  // What lives with the partition.
  private Resident resident;

  @BeforeEach
  void connect() {
    log = new TestLeaderLog(loop, directory, LogConfig.defaults());
    Local local = new Local();
    runtime.connect(images, () -> local);
  }

  @AfterEach
  void close() {
    log.close();
  }

  private void publish(MetadataRecord... records) {
    images.publish(
        new ImageBuilder(images.image())
            .apply(images.image().offset() + 1, List.of(records))
            .build());
  }

  private void createTopic(int partitions) {
    MetadataRecord[] records = new MetadataRecord[partitions + 1];
    TopicId id = TestLeaderLog.ID.topicId();
    records[0] = new MetadataRecord.Topic(id, TestLeaderLog.ID.topic());
    for (int i = 0; i < partitions; i++) {
      records[i + 1] =
          new MetadataRecord.Partition(
              id, new PartitionImage(i, List.of(1), List.of(1), List.of(), 1, 0, 0));
    }
    publish(records);
  }

  private void lead() {
    resident = runtime.moveIn(TestLeaderLog.ID, log);
    log.resident = resident;
  }

  private Errors ask(int partition) {
    Errors[] said = new Errors[1];
    runtime.submit(
        partition,
        (RegisterShard shard, Reply<Long> reply) -> shard.set("a", 1L, reply),
        new Reply<>() {
          @Override
          public void complete(Long value) {
            said[0] = Errors.NONE;
          }

          @Override
          public void fail(Errors error, String message) {
            said[0] = error;
          }
        });
    loop.await(() -> said[0] != null);
    return said[0];
  }

  private void awaitServing() {
    loop.await(() -> ask(3) == Errors.NONE);
  }

  @Test
  void shouldSpreadKeysAsKafkaDoes() {
    assertThat(CoordinatorRuntime.partitionFor("console-consumer-1", 50))
        .isEqualTo(Utils.abs("console-consumer-1".hashCode()) % 50);
    assertThat("polygenelubricants".hashCode()).isEqualTo(Integer.MIN_VALUE);
    assertThat(CoordinatorRuntime.partitionFor("polygenelubricants", 50)).isZero();
  }

  @Test
  void shouldRefuseWhileThereIsNoTopic() {
    assertThat(ask(3)).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(runtime.localPartitions()).isEmpty();
  }

  @Test
  void shouldServeThePartitionsThatLiveHere() {
    createTopic(5);
    lead();
    awaitServing();

    assertThat(runtime.localPartitions()).containsExactly(3);
    assertThat(ask(4)).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(ask(99)).isEqualTo(Errors.NOT_COORDINATOR);
  }

  @Test
  void shouldKnowAReplicaThatDoesNotLead() {
    createTopic(5);

    assertThat(ask(3)).isEqualTo(Errors.NOT_COORDINATOR);
  }

  @Test
  void shouldLetClientsWaitWhileTheLogIsBeingOpened() {
    createTopic(5);
    resident = Resident.ARRIVING;

    assertThat(ask(3)).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);
  }

  @Test
  void shouldLiveOnlyInItsTopic() {
    TopicIdPartition other = new TopicIdPartition(new TopicId(5, 5), "t", 0);

    assertThat(runtime.moveIn(other, log)).isNull();
  }

  @Test
  void shouldServeTheNewEpochFromTheLog() {
    createTopic(5);
    lead();
    awaitServing();
    Resident before = resident;

    lead();
    before.onResigned();
    before.onEnded();

    awaitServing();
    assertThat(resident).isNotSameAs(before);
  }

  @Test
  void shouldTellShardsOfTheMetadata() {
    createTopic(5);
    lead();
    awaitServing();
    long end = log.log.logEndOffset();

    publish(new MetadataRecord.Topic(new TopicId(8, 8), "t"));

    loop.await(() -> log.log.logEndOffset() == end + 1);
  }

  @Test
  void shouldServeNobodyOnceItIsClosed() {
    createTopic(5);
    lead();
    awaitServing();

    loop.await(runtime.close());

    assertThat(ask(3)).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(runtime.moveIn(TestLeaderLog.ID, log)).isNull();
  }
}
