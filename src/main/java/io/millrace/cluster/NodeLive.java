package io.millrace.cluster;

import java.util.List;

/**
 * What a node tells about itself.
 *
 * @param nodeId {@code node.id}
 * @param internalAddress its internal listener
 * @param clientEndpoints where clients reach it, such as {@code PLAINTEXT://host:9092}
 * @param roles {@code process.roles}
 * @param rack null = none
 * @param version of Millrace
 * @param metadataOffset the end of what it has applied of the metadata log, exclusive
 * @param metadataLag committed entries that it knows of and has not applied
 * @param startedMs wall time at which it started
 * @param publishedMs wall time at which it told this
 *     <p>Owner: immutable.
 */
public record NodeLive(
    int nodeId,
    Address internalAddress,
    List<String> clientEndpoints,
    List<String> roles,
    String rack,
    String version,
    long metadataOffset,
    long metadataLag,
    long startedMs,
    long publishedMs) {
  public NodeLive {
    clientEndpoints = List.copyOf(clientEndpoints);
    roles = List.copyOf(roles);
  }
}
