package io.millrace.metadata;

/**
 * Where clients reach a broker: one entry of {@code advertised.listeners}.
 *
 * @param listener the listener's name, such as {@code PLAINTEXT}
 * @param host the host to give to clients; empty = the address by which the client reached the node
 * @param port the port to give to clients
 *     <p>Owner: immutable.
 */
public record Endpoint(String listener, String host, int port) {}
