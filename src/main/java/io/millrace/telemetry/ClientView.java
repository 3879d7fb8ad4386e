package io.millrace.telemetry;

import java.util.List;
import java.util.Map;

/**
 * A client instance as people see it.
 *
 * @param subscriptions names of those that match it
 * @param requested prefixes of the metrics that it is asked for; {@code *} = all
 * @param sinceMs wall time when this node first heard of it
 * @param lastPushMs wall time of the last push that was taken; -1 = there was none
 * @param lastError why its last request was refused; null = it was not
 * @param resource attributes of the client itself, such as its group
 * @param series what it has pushed
 *     <p>Owner: immutable.
 */
public record ClientView(
    ClientTraits traits,
    List<String> subscriptions,
    List<String> requested,
    int intervalMs,
    long sinceMs,
    long lastPushMs,
    String lastError,
    Map<String, String> resource,
    List<Series> series) {}
