package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.config.Settings;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.replication.ReplicationConfig;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LargestBatchTest {
  private static final int ENVELOPE = 64 << 10;

  private final NodeSettings settings =
      new NodeSettings(Settings.of(Map.of("message.max.bytes", "1000")), 1);
  private final LargestBatch largest = new LargestBatch(settings);
  private MetadataImage image = MetadataImage.EMPTY;

  private void commit(ConfigResource resource, String key, String value) {
    ImageBuilder.Derived derived =
        new ImageBuilder(image)
            .apply(image.offset() + 1, List.of(new Config(resource, key, value)))
            .build();
    image = derived.image();
    settings.onDelta(derived.delta());
    largest.onDelta(derived.delta());
  }

  @Test
  void shouldLeaveLimitsThatAreLargeEnoughAlone() {
    assertThat(largest.requestBytes(100 << 20)).isEqualTo(100 << 20);
    ReplicationConfig fetching = new ReplicationConfig(1, 1, 5_000, 2_000, 1, 1, 1);
    assertThat(largest.fetching(fetching)).isSameAs(fetching);
  }

  @Test
  void shouldFollowTheTopicThatTakesMost() {
    commit(ConfigResource.topic("a"), "max.message.bytes", "3000");
    commit(ConfigResource.topic("b"), "max.message.bytes", "9000");

    assertThat(largest.requestBytes(10)).isEqualTo(9_000 + ENVELOPE);
    ReplicationConfig fetching =
        largest.fetching(new ReplicationConfig(1, 1, 5_000, 2_000, 1, 1, 1));
    assertThat(fetching.maxBytes()).isEqualTo(9_000);
    assertThat(fetching.maxPartitionBytes()).isEqualTo(9_000);

    commit(ConfigResource.topic("b"), "max.message.bytes", null);
    assertThat(largest.requestBytes(10)).isEqualTo(3_000 + ENVELOPE);
  }

  /** There may be tens of thousands of them, and each is created once. */
  @Test
  void shouldNotLookThroughAllTopicsWhenAnotherSettingChanges() {
    MetadataImage before = image;
    commit(ConfigResource.topic("a"), "retention.ms", "3000");
    ClusterImage after =
        (ClusterImage)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {ClusterImage.class},
                (proxy, method, args) -> {
                  assertThat(method.getName()).isNotEqualTo("configured");
                  return method.invoke(image, args);
                });

    largest.onDelta(
        new ImageDelta(
            before, after, Map.of(), Map.of(), Set.of(ConfigResource.topic("a")), Set.of()));

    assertThat(largest.requestBytes(10)).isEqualTo(1_000 + ENVELOPE);
  }

  @Test
  void shouldFollowTheDefaultOfTheClusterAndOfTheNode() {
    commit(ConfigResource.brokerDefault(), "message.max.bytes", "4000");
    assertThat(largest.requestBytes(10)).isEqualTo(4_000 + ENVELOPE);
    commit(ConfigResource.broker(1), "message.max.bytes", Integer.toString(Integer.MAX_VALUE));
    assertThat(largest.requestBytes(10)).isEqualTo(Integer.MAX_VALUE);
  }
}
