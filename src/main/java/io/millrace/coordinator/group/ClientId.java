package io.millrace.coordinator.group;

/**
 * Who sends a request to a group's coordinator.
 *
 * @param clientId from the request's header; empty = none given
 * @param host the client's address, as DescribeGroups shows it, such as {@code /10.0.0.1}
 * @param version of the request
 *     <p>Owner: immutable.
 */
public record ClientId(String clientId, String host, short version) {}
