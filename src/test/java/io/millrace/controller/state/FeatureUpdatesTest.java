package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.ClusterConfig;
import io.millrace.controller.Controller.FeatureUpdate;
import io.millrace.controller.Controller.FeatureUpdate.Direction;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.FeatureRange;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.NodeTraits;
import io.millrace.model.VoterId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class FeatureUpdatesTest {
  private static final String VERSION = MetadataVersion.FEATURE;
  private static final FeatureUpdates RULE = new FeatureUpdates(ClusterConfig.DEFAULT.features());

  /** A broker of a release that knows metadata.version up to {@code max}. */
  private static MetadataRecord broker(int nodeId, int max) {
    NodeTraits traits =
        new NodeTraits(null, List.of(), Map.of(VERSION, new FeatureRange(1, max)), true);
    return new RegisterBroker(nodeId, List.of(), null, false, -1, false, traits);
  }

  private static Map<String, Outcome> update(
      MetadataImage image, Map<String, FeatureUpdate> updates) {
    return RULE.decide(image, updates, false).reply();
  }

  private static FeatureUpdate to(int level) {
    return new FeatureUpdate(level, Direction.UPGRADE);
  }

  @Test
  void shouldFinalizeWhatAllCanWorkWith() {
    MetadataImage image = Images.with(MetadataImage.EMPTY, List.of(broker(1, 2), broker(2, 2)));
    var decision = RULE.decide(image, Map.of(VERSION, to(2)), false);
    assertThat(decision.reply()).isEqualTo(Map.of(VERSION, Outcome.OK));
    MetadataImage after = Images.with(image, decision.records());
    assertThat(after.metadataVersion()).isEqualTo(2);
    assertThat(RULE.decide(after, Map.of(VERSION, to(2)), false).records()).isEmpty();
    assertThat(RULE.decide(image, Map.of(VERSION, to(2)), true).records()).isEmpty();
  }

  @Test
  void shouldWaitForTheLastNodeOfAnOlderRelease() {
    MetadataImage image = Images.with(MetadataImage.EMPTY, List.of(broker(1, 2), broker(2, 1)));
    Outcome refused = update(image, Map.of(VERSION, to(2))).get(VERSION);
    assertThat(refused.error()).isEqualTo(Errors.INVALID_UPDATE_VERSION);
    assertThat(refused.message()).contains("Node 2").contains("1-1");
  }

  @Test
  void shouldAskFencedNodesAndVotersToo() {
    MetadataImage image = Images.with(MetadataImage.EMPTY, List.of(broker(1, 2)));
    MetadataImage fenced =
        Images.with(image, List.of(broker(2, 1), new MetadataRecord.FenceBroker(2, 1)));
    assertThat(update(fenced, Map.of(VERSION, to(2))).get(VERSION).message()).contains("Node 2");
    MetadataImage voters =
        Images.with(
            image, List.of(new MetadataRecord.Voters(Set.of(new VoterId(3, new UUID(1, 1))))));
    assertThat(update(voters, Map.of(VERSION, to(2))).get(VERSION).message()).contains("Voter 3");
    MetadataImage registered =
        Images.with(
            voters,
            List.of(
                new MetadataRecord.RegisterController(
                    3,
                    -1,
                    new NodeTraits(
                        null, List.of(), Map.of(VERSION, new FeatureRange(1, 2)), true))));
    assertThat(update(registered, Map.of(VERSION, to(2)))).isEqualTo(Map.of(VERSION, Outcome.OK));
  }

  @Test
  void shouldNotGoDown() {
    MetadataImage image = Images.newest(Images.brokers(1));
    for (Direction direction : Direction.values()) {
      assertThat(
              update(image, Map.of(VERSION, new FeatureUpdate(1, direction))).get(VERSION).error())
          .isEqualTo(Errors.INVALID_UPDATE_VERSION);
    }
  }

  @Test
  void shouldRefuseAllWithOne() {
    MetadataImage image = Images.with(MetadataImage.EMPTY, List.of(broker(1, 2)));
    var decision = RULE.decide(image, Map.of(VERSION, to(2), "unknown", to(1)), false);
    assertThat(decision.records()).isEmpty();
    assertThat(decision.reply().get(VERSION).message()).contains("unknown");
    assertThat(decision.reply().get("unknown").error()).isEqualTo(Errors.INVALID_UPDATE_VERSION);
  }

  @Test
  void shouldRefuseLevelsThatDoNotExist() {
    MetadataImage image = Images.with(MetadataImage.EMPTY, List.of(broker(1, 2)));
    assertThat(update(image, Map.of(VERSION, to(3))).get(VERSION).message()).contains("1-2");
    assertThat(update(image, Map.of(VERSION, to(0))).get(VERSION).error())
        .isEqualTo(Errors.INVALID_UPDATE_VERSION);
  }
}
