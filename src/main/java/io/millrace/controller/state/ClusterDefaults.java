package io.millrace.controller.state;

import io.millrace.controller.ConfigRules;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataVersion;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;

/**
 * The default of {@code min.insync.replicas} is one for the cluster (KIP-966): leaders and the
 * controller count by it, and must not differ. The first controller writes down what its file says;
 * from then on it is changed as a default of all brokers, and neither removed nor set for one.
 *
 * <p>Owner: any thread.
 */
public final class ClusterDefaults {
  private static final String KEY = TopicPolicies.MIN_INSYNC_REPLICAS;

  private final ConfigRules rules;

  public ClusterDefaults(ConfigRules rules) {
    this.rules = rules;
  }

  /** What a new cluster gets; empty = its format does not ask for it. */
  public List<MetadataRecord> ofNewCluster(int metadataVersion) {
    String value = rules.defaultValue(ConfigResource.Type.TOPIC, KEY);
    return metadataVersion < MetadataVersion.HAS_ONE_MINIMUM || value == null
        ? List.of()
        : List.of(new MetadataRecord.Config(ConfigResource.brokerDefault(), KEY, value));
  }

  /** Whether a cluster lacks what a new one has. */
  public static boolean isMissing(MetadataImage image) {
    return image.clusterId() != null
        && image.metadataVersion() >= MetadataVersion.HAS_ONE_MINIMUM
        && !image.configs(ConfigResource.brokerDefault()).containsKey(KEY);
  }

  /** What an older cluster lacks. */
  public List<MetadataRecord> decide(MetadataImage image) {
    return isMissing(image) ? ofNewCluster(image.metadataVersion()) : List.of();
  }

  /** Refuses a change of a resource after which nodes could differ. */
  static void check(
      MetadataImage image,
      ConfigResource resource,
      Map<String, String> old,
      Map<String, String> changed)
      throws Refusal {
    if (resource.type() != ConfigResource.Type.BROKER
        || image.metadataVersion() < MetadataVersion.HAS_ONE_MINIMUM) {
      return;
    }
    if (resource.equals(ConfigResource.brokerDefault())) {
      if (old.containsKey(KEY) && !changed.containsKey(KEY)) {
        throw new Refusal(
            Errors.INVALID_CONFIG,
            "The default of "
                + KEY
                + " belongs to the cluster and cannot be removed: set another value, now it is "
                + old.get(KEY));
      }
    } else if (changed.containsKey(KEY) && !changed.get(KEY).equals(old.get(KEY))) {
      throw new Refusal(
          Errors.INVALID_CONFIG,
          KEY
              + " cannot differ between brokers: set it for a topic, or as the default of all"
              + " brokers");
    }
  }
}
