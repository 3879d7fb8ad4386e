package io.millrace.log;

/**
 * How the scrub goes about it, as it is in force now.
 *
 * @param bytesPerSecond {@code log.scrub.io.max.bytes.per.second}, of each log directory
 * @param intervalMs {@code log.scrub.interval.ms}
 *     <p>Owner: immutable.
 */
public record ScrubSettings(boolean enabled, long bytesPerSecond, long intervalMs) {}
