package io.millrace.log;

import java.nio.file.Path;
import java.util.List;
import java.util.NavigableSet;

/**
 * A log as a worker found, recovered or created it on the disk.
 *
 * @param segments in order; none = the log is new, its first file is created by the first append
 * @param logStartOffset first offset that can be read
 * @param durableEnd end of what is known to be fsynced (exclusive)
 * @param endOffset end of the log (exclusive)
 * @param snapshots offsets of the producer snapshots on the disk
 *     <p>Owner: handed from the log directory worker to the partition loop.
 */
record LoadedLog(
    Path path,
    List<Segment> segments,
    long logStartOffset,
    long durableEnd,
    long endOffset,
    LeaderEpochCache epochs,
    ProducerStateTable producers,
    LogTransactions transactions,
    NavigableSet<Long> snapshots) {}
