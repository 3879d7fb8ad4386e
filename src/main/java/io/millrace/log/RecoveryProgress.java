package io.millrace.log;

/**
 * How far the logs of a directory are loaded after a start; for {@code /health/ready}.
 *
 * @param clean whether the last process stopped in order, so that no log has to be read
 * @param logs directories of logs found at the start
 * @param logsLoaded how many of them are open, or could not be opened
 * @param segments segments found so far to have to be scanned
 * @param segmentsScanned how many of them are done
 *     <p>Owner: immutable.
 */
public record RecoveryProgress(
    boolean clean, int logs, int logsLoaded, int segments, int segmentsScanned) {}
