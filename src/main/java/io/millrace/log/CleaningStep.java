package io.millrace.log;

import java.util.List;

/**
 * What one task of a round has written: the segments that take the place of some groups, durable,
 * as {@code .swap} files. Small groups share a task, its fsyncs of the directory and its way to the
 * partition loop and back.
 *
 * @param done of the groups that have changed, in order
 * @param next the first group that no task has looked at
 *     <p>Owner: log directory worker until it is handed to the partition loop.
 */
record CleaningStep(List<Group> done, int next) {
  /** The number of a group, and the segment for it. */
  record Group(int number, CleanedSegment cleaned) {
    Segment segment() {
      return cleaned.segment();
    }
  }

  List<Segment> segments() {
    return done.stream().map(Group::segment).toList();
  }

  /** Nobody sends from the files under their temporary names any more. */
  void release() {
    done.forEach(group -> group.segment().file().release());
  }

  /** The segments take no place: their log is gone. */
  void giveUp() {
    release();
    done.forEach(group -> group.segment().file().doom());
  }
}
