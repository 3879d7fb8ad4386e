package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.config.LogKeys;
import io.millrace.config.Settings;
import io.millrace.metadata.ConfigResource;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MinInsyncReplicasTest {
  private final TestImage image =
      TestImage.ofOne().config(ConfigResource.brokerDefault(), "min.insync.replicas", "2");

  private static Settings file(String minimum) {
    return Settings.of(Map.of("min.insync.replicas", minimum));
  }

  @Test
  void shouldWarnOfAFileThatSaysSomethingElseThanTheCluster() {
    assertThat(MinInsyncReplicas.warning(image, file("1")).orElseThrow())
        .contains("min.insync.replicas=1 of this node is not used")
        .contains("the default of the cluster is 2");
  }

  @Test
  void shouldNotWarnOfAFileThatSaysTheSameOrNothing() {
    assertThat(MinInsyncReplicas.warning(image, file("2"))).isEmpty();
    assertThat(MinInsyncReplicas.warning(image, Settings.defaults())).isEmpty();
    assertThat(MinInsyncReplicas.warning(TestImage.ofOne(), file("1"))).isEmpty();
  }

  @Test
  void shouldCountByTheClusterWhateverTheFileAndAnOlderSettingOfTheNodeSay() {
    image.config(ConfigResource.broker(1), "min.insync.replicas", "3");

    Settings now = new CommittedSettings(file("1"), 1).ofNode(image);

    assertThat(now.get(LogKeys.MIN_INSYNC_REPLICAS)).isEqualTo(2);
  }
}
