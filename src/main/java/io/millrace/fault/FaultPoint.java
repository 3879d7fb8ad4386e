package io.millrace.fault;

import java.io.File;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The moments at which a test lets a node die: every step of a cleaning, a deletion and a change of
 * the metadata after which the disk is in another state than before. The code says {@code
 * FaultPoint.X.reached()}; {@code FaultPointsIT} kills a node at each of them, so that a new one
 * cannot be forgotten there.
 *
 * <p>Never for production. The system property {@code millrace.fault.point} chooses a point, as in
 * {@code SWAP_OLD_RENAMED} or {@code SWAP_OLD_RENAMED:3} for its third arrival, and the process
 * then halts there as by {@code kill -9}, with the exit code {@link #EXIT_CODE}. With {@code
 * millrace.fault.armed} only arrivals count while the file of that name exists. Without the
 * property a call is a comparison with a constant, which the compiler removes.
 *
 * <p>Owner: any thread.
 */
public enum FaultPoint {
  // ---- Compaction, in the order of a round

  /** The recovery point is written: a recovery will not read what is about to be compacted. */
  CLEAN_RECOVERY_POINT_SAVED,

  /** The {@code .log.cleaned} of a group is created, and empty. */
  CLEANED_CREATED,

  /** All of its batches are written, nothing is durable, and there are no indexes. */
  CLEANED_BATCHES_WRITTEN,

  /** Its indexes are written as well. */
  CLEANED_INDEXES_WRITTEN,

  /** All {@code .cleaned} files of a step are durable; none is a {@code .swap} yet. */
  CLEANED_DURABLE,

  /** One of them has become a {@code .swap}; the batches are the last. */
  SWAP_NAMED,

  /** All of them have, durably: from here on a start finishes the swap. */
  SWAP_DURABLE,

  /** A file of a segment that is replaced has become {@code .deleted}. */
  SWAP_OLD_RENAMED,

  /** All of them have, durably; no new segment has its name yet. */
  SWAP_OLD_DURABLE,

  /** A {@code .swap} file has got its name. */
  SWAP_NEW_RENAMED,

  /** All of them have, durably. */
  SWAP_DONE,

  /** All groups are in place; the cleaner's checkpoint does not say so yet. */
  CLEANER_OFFSET_SAVING,

  /** It does. */
  CLEANER_OFFSET_SAVED,

  // ---- What a start finishes of a swap that was interrupted

  /** What is not whole is removed; no segment in whose place a swap comes is. */
  SWAP_RECOVERY_BEGUN,

  /** A segment in whose place a swap comes is removed. */
  SWAP_RECOVERY_REMOVED,

  /** A {@code .swap} file has got its name. */
  SWAP_RECOVERY_RENAMED,

  // ---- Small files that are replaced as a whole

  /** The new content is durable under another name. */
  FILE_WRITTEN,

  /** It has its name; the name is not durable. */
  FILE_RENAMED,

  // ---- Segments that go

  /** A file of a segment that retention or DeleteRecords removes has become {@code .deleted}. */
  SEGMENT_RENAMED,

  /** A {@code .deleted} file is about to be removed. */
  SEGMENT_REMOVING,

  /** It is. */
  SEGMENT_REMOVED,

  // ---- Topics that go, and come again

  /** The controller has decided the deletion; nothing is written. */
  TOPIC_DELETION_DECIDED,

  /** A broker has read it and is about to remove the log of a replica. */
  LOG_DELETION_TOLD,

  /** The log is closed and its offsets are forgotten; its directory has its name. */
  LOG_DELETION_BEGUN,

  /** The directory is a {@code …-delete}. */
  LOG_RENAMED,

  /** One of its files is removed. */
  LOG_FILE_REMOVED,

  /** So is the directory. */
  LOG_REMOVED,

  /** A log is to be created: no checkpoint says anything of an earlier one of its name. */
  LOG_NAME_FREE,

  /** Its directory is created; it does not say yet of which topic it is. */
  LOG_CREATED,

  // ---- Logs that move to another directory of the node

  /** The directory of the copy is created; nothing is in it but the topic's id. */
  MOVE_FUTURE_CREATED,

  /** A part of a segment is copied. */
  MOVE_PART_COPIED,

  /** All of the log is copied and durable; the copy is still a {@code …-future}. */
  MOVE_COPY_DURABLE,

  /** The copy is a {@code …-moved}, durably; the log still has its name in the old directory. */
  MOVE_WHOLE,

  /** The log has lost its name in the old directory. */
  MOVE_SOURCE_RENAMED,

  /** It has done so durably: from here on a start gives the name to the copy. */
  MOVE_SOURCE_GONE,

  /** The copy has the log's name. */
  MOVE_NAMED,

  /** It has it durably; nobody has written to it yet. */
  MOVE_DONE,

  // ---- Configs, and every change of the metadata

  /** The controller has decided a change of configs; nothing is written. */
  CONFIG_CHANGE_DECIDED,

  /** Records are in the file of the metadata log, and not durable. */
  METADATA_WRITTEN,

  /** They are durable; nobody has been told. */
  METADATA_DURABLE,

  /** Committed records are about to become part of the image. */
  METADATA_COMMITTED,

  /** They are part of it, and who reads it has been told; who asked for them has not. */
  METADATA_PUBLISHED,

  /** A node is about to give one of its parts new values of the node's settings. */
  NODE_SETTINGS_CHANGED,

  /** A broker is about to give the settings of a topic to its partitions. */
  TOPIC_SETTINGS_CHANGED,

  /** The log of a partition has them. */
  LOG_SETTINGS_CHANGED;

  /** Of a process that was halted here. */
  public static final int EXIT_CODE = 86;

  private static final String POINT = "millrace.fault.point";
  private static final String ARMED = "millrace.fault.armed";

  private static final FaultPoint CHOSEN = chosen(System.getProperty(POINT));
  private static final String ARMED_BY = System.getProperty(ARMED);

  /** Arrivals at {@link #CHOSEN} until the last one. */
  private static final AtomicInteger LEFT = new AtomicInteger(arrival(System.getProperty(POINT)));

  /** The process has come to this point; ends it if a test has chosen so. */
  public void reached() {
    if (this == CHOSEN) {
      arrive();
    }
  }

  private void arrive() {
    if (isArmed() && LEFT.decrementAndGet() == 0) {
      System.err.println(this + " is reached: the process halts, because " + POINT + " says so");
      Runtime.getRuntime().halt(EXIT_CODE);
    }
  }

  private static boolean isArmed() {
    return ARMED_BY == null || new File(ARMED_BY).exists();
  }

  private static FaultPoint chosen(String property) {
    if (property == null) {
      return null;
    }
    String name = property.split(":", 2)[0];
    return Stream.of(values())
        .filter(point -> point.name().equals(name.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    POINT
                        + " is "
                        + property
                        + ", but must be one of "
                        + Stream.of(values()).map(Enum::name).collect(Collectors.joining(", "))));
  }

  private static int arrival(String property) {
    String[] parts = property == null ? new String[0] : property.split(":", 2);
    return parts.length < 2 ? 1 : Integer.parseInt(parts[1]);
  }

  /** System properties that let a process halt at the n-th arrival here, n from 1 on. */
  public Map<String, String> properties(int arrival, String armedBy) {
    return Map.of(POINT, name() + ":" + arrival, ARMED, armedBy);
  }
}
