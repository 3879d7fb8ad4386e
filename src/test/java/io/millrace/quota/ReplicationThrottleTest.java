package io.millrace.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.model.ManualClock;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of node 7, at 1,000 bytes per second. */
class ReplicationThrottleTest {
  private static final String KEY = "leader.replication.throttled.replicas";
  private static final TopicId A = new TopicId(1, 1);

  private final ManualClock clock = new ManualClock();
  private final ReplicationThrottle throttle = new ReplicationThrottle(clock::nanos);

  private void update(String replicas, long rate) {
    List<MetadataRecord> records =
        List.of(new Topic(A, "a"), new Config(ConfigResource.topic("a"), KEY, replicas));
    throttle.update(
        new ImageBuilder(MetadataImage.EMPTY).apply(0, records).build().image(), KEY, 7, rate);
  }

  private static TopicIdPartition partition(int index) {
    return new TopicIdPartition(A, "a", index);
  }

  @Test
  void shouldNameWhatIsOnThisNode() {
    update("0:7, 1:8,2:7", 1_000);
    assertThat(throttle.names(partition(0))).isTrue();
    assertThat(throttle.names(partition(1))).isFalse();
    assertThat(throttle.names(partition(2))).isTrue();
    assertThat(throttle.names(new TopicIdPartition(new TopicId(2, 2), "b", 0))).isFalse();
  }

  @Test
  void shouldPassOverNumbersThatNoPartitionHas() {
    update("99999999999:7,0:7", 1_000);
    assertThat(throttle.names(partition(0))).isTrue();
  }

  @Test
  void shouldNameAllPartitions() {
    update("*", 1_000);
    assertThat(throttle.names(partition(9))).isTrue();
  }

  @Test
  void shouldHoldWhatIsNamedWhileTheRateIsUsedUp() {
    update("0:7", 1_000);
    throttle.count(partition(0), 2_000);
    assertThat(throttle.holds(partition(0))).isTrue();
    assertThat(throttle.holds(partition(1))).isFalse();
    clock.advanceMs(throttle.waitMs());
    assertThat(throttle.holds(partition(0))).isFalse();
  }

  @Test
  void shouldNotCountWhatIsNotNamed() {
    update("0:7", 1_000);
    throttle.count(partition(1), 1_000_000);
    assertThat(throttle.holds(partition(0))).isFalse();
  }

  @Test
  void shouldHoldNothingWithoutARate() {
    update("*", 1_000);
    throttle.count(partition(0), 1_000_000);
    update("*", ByteRate.UNLIMITED);
    assertThat(throttle.holds(partition(0))).isFalse();
  }
}
