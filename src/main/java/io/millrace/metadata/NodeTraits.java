package io.millrace.metadata;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What a node said about itself when it registered, beyond how to reach it.
 *
 * @param incarnation of the process, or of its part in the cluster; null = unknown
 * @param directories ids of its log directories, that of its metadata log first; empty = unknown
 * @param features levels it can work with; empty = unknown
 * @param voter whether it may vote on the metadata
 *     <p>Owner: immutable.
 */
public record NodeTraits(
    UUID incarnation, List<UUID> directories, Map<String, FeatureRange> features, boolean voter) {
  /** Nothing is known, as in registrations of nodes that were always alone. */
  public static final NodeTraits UNKNOWN = new NodeTraits(null, List.of(), Map.of(), false);

  public NodeTraits {
    directories = List.copyOf(directories);
    features = Map.copyOf(features);
  }

  /**
   * Whether it can work with this level of a feature. A node that did not say what it can do is
   * taken for one that knows the first level of {@code metadata.version} and nothing else.
   */
  public boolean supports(String feature, int level) {
    FeatureRange range = features.get(feature);
    if (range != null) {
      return range.contains(level);
    }
    return feature.equals(MetadataVersion.FEATURE) ? level == MetadataVersion.OLDEST : level == 0;
  }
}
