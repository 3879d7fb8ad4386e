package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.ConfigRules;
import io.millrace.controller.Controller.ConfigOp;
import io.millrace.controller.Controller.ConfigOp.Op;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.DefaultsOnly;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord.ClusterId;
import io.millrace.metadata.MetadataRecord.Config;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** On a controller whose file says {@code min.insync.replicas=2}. */
class ClusterDefaultsTest {
  private static final String KEY = "min.insync.replicas";
  private static final ConfigResource ALL = ConfigResource.brokerDefault();
  private static final ConfigRules RULES = new DefaultsOnly(Map.of(KEY, "2"));

  private final ClusterDefaults defaults = new ClusterDefaults(RULES);
  private final MetadataImage older =
      Images.with(Images.brokers(1), List.of(new ClusterId("cluster")));
  private final MetadataImage newer = Images.newest(older);

  private static Outcome change(MetadataImage image, ConfigResource resource, ConfigOp op) {
    return ConfigChanges.incremental(image, Map.of(resource, List.of(op)), false, RULES)
        .reply()
        .get(resource);
  }

  private MetadataImage settled() {
    return Images.with(newer, defaults.decide(newer));
  }

  @Test
  void shouldTakeTheMinimumOfANewClusterFromTheFile() {
    assertThat(defaults.ofNewCluster(3)).containsExactly(new Config(ALL, KEY, "2"));
    assertThat(defaults.ofNewCluster(2)).isEmpty();
  }

  @Test
  void shouldGiveAClusterTheMinimumOnceItsFormatAllows() {
    assertThat(defaults.decide(older)).isEmpty();
    assertThat(settled().configs(ALL)).isEqualTo(Map.of(KEY, "2"));
    assertThat(ClusterDefaults.isMissing(settled())).isFalse();
  }

  @Test
  void shouldLetTheMinimumBeChangedAndNotRemoved() {
    assertThat(change(settled(), ALL, new ConfigOp(Op.SET, KEY, "3"))).isEqualTo(Outcome.OK);

    Outcome removed = change(settled(), ALL, new ConfigOp(Op.DELETE, KEY, null));

    assertThat(removed.error()).isEqualTo(Errors.INVALID_CONFIG);
    assertThat(removed.message()).contains("set another value, now it is 2");
  }

  @Test
  void shouldNotLetOneBrokerHaveAMinimumOfItsOwn() {
    ConfigResource one = ConfigResource.broker(1);
    assertThat(change(settled(), one, new ConfigOp(Op.SET, KEY, "3")).error())
        .isEqualTo(Errors.INVALID_CONFIG);
    assertThat(change(older, one, new ConfigOp(Op.SET, KEY, "3"))).isEqualTo(Outcome.OK);
  }

  @Test
  void shouldLetAMinimumOfOneBrokerBeRemoved() {
    ConfigResource one = ConfigResource.broker(1);
    MetadataImage image = Images.with(settled(), List.of(new Config(one, KEY, "3")));
    assertThat(change(image, one, new ConfigOp(Op.SET, "log.retention.ms", "3")))
        .isEqualTo(Outcome.OK);
    assertThat(change(image, one, new ConfigOp(Op.DELETE, KEY, null))).isEqualTo(Outcome.OK);
  }
}
