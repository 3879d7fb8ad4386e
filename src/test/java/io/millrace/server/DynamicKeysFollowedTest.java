package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.config.ConfigKey;
import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.partition.PartitionSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** No change of a setting is accepted that nobody acts upon. */
class DynamicKeysFollowedTest {
  /**
   * Followed otherwise than by {@link NodeSettings#on} and by a topic's partitions; and by whom.
   */
  private static final Map<String, String> OTHERWISE =
      Map.of(
          "leader.replication.throttled.rate", "ReplicationLayer, with the replicas throttled",
          "follower.replication.throttled.rate", "ReplicationLayer, with the replicas throttled",
          "topic.partitions.max", "the controller, at each creation (TopicLimits)",
          "cluster.partitions.max", "the controller, at each creation (TopicLimits)",
          "topic.config.limits", "the controller, at each change (TopicLimits)",
          "log.preallocate", "nobody on purpose: accepted for compatibility (configuration.md)",
          "unclean.leader.election.enable", "the controller, at each election (TopicPolicies)",
          "unclean.recovery.strategy", "the controller, at each election (TopicPolicies)");

  /** Values to find one that differs from the default. */
  private static final List<String> SAMPLES =
      List.of(
          "1",
          "0.25",
          "2",
          "5",
          "12345",
          "123456",
          "12345678",
          "true",
          "false",
          "compact",
          "gzip",
          "LogAppendTime");

  @TempDir Path directory;

  private static Set<String> dynamicKeys() {
    Set<String> names = new TreeSet<>();
    for (ConfigKey<?> key : NodeKeys.all()) {
      if (key.updateMode() != ConfigKey.UpdateMode.READ_ONLY) {
        names.add(key.name());
      }
    }
    return names;
  }

  private Set<String> followedByTheNode() throws Exception {
    try (NodeFixture fixture = NodeFixture.start(Map.of("log.dirs", directory.toString()))) {
      return fixture.node().followedKeys();
    }
  }

  /** Whether a topic's partitions are other ones with another value of it. */
  private static boolean followedByPartitions(String name) {
    for (String codec : List.of("producer", "gzip", "lz4", "zstd")) {
      Map<String, String> before = Map.of("compression.type", codec);
      for (String sample : SAMPLES) {
        Map<String, String> after = new HashMap<>(before);
        after.put(name, sample);
        if (accepted(name, sample) && !Objects.equals(partitions(before), partitions(after))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean accepted(String name, String value) {
    return NodeKeys.validateDynamic(Map.of(name, value), /* oneBroker= */ false).isEmpty();
  }

  private static PartitionSettings partitions(Map<String, String> ofAllBrokers) {
    return PartitionSettings.from(
        Settings.defaults().withDynamic(ofAllBrokers, Map.of()).forTopic(Map.of()));
  }

  @Test
  @Timeout(120)
  void shouldFollowEveryKeyThatCanChange() throws Exception {
    Set<String> nobody = dynamicKeys();
    nobody.removeAll(followedByTheNode());
    nobody.removeIf(DynamicKeysFollowedTest::followedByPartitions);
    assertThat(nobody).isEqualTo(new TreeSet<>(OTHERWISE.keySet()));
  }
}
