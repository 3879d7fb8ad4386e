package io.millrace.log;

/**
 * How the scrub of one log directory stands.
 *
 * @param direct whether the disk itself is read, past the page cache
 * @param readBytes since the node was started
 * @param reading the partition whose log is being read; null = none is
 * @param logsDue logs that wait for their turn
 * @param oldestRoundMs when the log was last read whole that waits longest; 0 = one never was; -1 =
 *     there are no logs
 *     <p>Owner: immutable.
 */
public record ScrubStatus(
    String logDir,
    boolean direct,
    long readBytes,
    String reading,
    int logsDue,
    long oldestRoundMs) {}
