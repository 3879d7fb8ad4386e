package io.millrace.log;

import io.millrace.log.clean.DirtyPart;
import io.millrace.log.clean.LastRecords;
import java.nio.file.Path;
import java.util.List;

/**
 * What the partition loop decided of a round of compaction.
 *
 * @param segments all below the end of the round, in order; each one's end offset is where the next
 *     one starts
 *     <p>Owner: immutable.
 */
record CleaningPlan(
    LogDirectory directory,
    Path path,
    List<SegmentIndexes.Source> segments,
    DirtyPart dirty,
    LastRecords lastRecords,
    LogConfig config,
    long nowMs) {}
