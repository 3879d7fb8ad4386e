package io.millrace.log;

/**
 * The settings of one log, validated.
 *
 * <p>Owner: immutable.
 */
public record LogConfig(int segmentBytes) {}
