package io.millrace.log;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * Who a log directory belongs to.
 *
 * @param clusterId empty = no cluster has claimed the directory yet
 * @param nodeId empty = no node has claimed the directory yet
 * @param directoryId the directory's own id (KIP-858)
 *     <p>Owner: immutable.
 */
public record DirectoryIdentity(Optional<String> clusterId, OptionalInt nodeId, UUID directoryId) {
  static DirectoryIdentity of(MetaProperties properties) {
    return new DirectoryIdentity(
        Optional.ofNullable(properties.clusterId()),
        OptionalInt.of(properties.nodeId()),
        properties.directoryId());
  }

  static DirectoryIdentity fresh() {
    return new DirectoryIdentity(
        Optional.empty(), OptionalInt.empty(), MetaProperties.newDirectoryId());
  }

  /**
   * What the directory says once this node uses it.
   *
   * @param cluster null = not known yet
   * @param directory where it is, for people
   * @throws IllegalStateException if it belongs to another cluster or node
   */
  MetaProperties claimedBy(String cluster, int node, Path directory) {
    String known = clusterId.orElse(cluster);
    boolean others = (cluster != null && !cluster.equals(known)) || nodeId.orElse(node) != node;
    if (others) {
      throw new IllegalStateException(
          "Log directory "
              + directory
              + " belongs to node "
              + nodeId.getAsInt()
              + " of cluster "
              + clusterId.orElse("(none yet)")
              + ", not to node "
              + node
              + " of cluster "
              + cluster);
    }
    return new MetaProperties(known, node, directoryId);
  }
}
