package io.millrace.log;

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
}
