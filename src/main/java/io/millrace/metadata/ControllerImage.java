package io.millrace.metadata;

/**
 * A registered node that may vote on the metadata and serves no clients.
 *
 * @param nodeId its {@code node.id}
 * @param epoch offset of its registration in the metadata log
 *     <p>Owner: immutable.
 */
public record ControllerImage(int nodeId, long epoch, NodeTraits traits) {}
