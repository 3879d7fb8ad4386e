package io.millrace.log;

import java.nio.file.Path;
import java.util.List;

/**
 * A log as a worker found, recovered or created it on the disk.
 *
 * @param segments in order; none = the log is new, its first file is created by the first append
 * @param recoveryPoint end of what is known to be fsynced (exclusive)
 * @param endOffset end of the log (exclusive)
 *     <p>Owner: handed from the log directory worker to the partition loop.
 */
record LoadedLog(
    Path path,
    LogConfig config,
    List<Segment> segments,
    long logStartOffset,
    long recoveryPoint,
    long endOffset,
    LeaderEpochCache epochs,
    ProducerStateTable producers) {}
