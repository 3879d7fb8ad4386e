package io.millrace.log;

import io.millrace.fault.FaultPoint;
import io.millrace.log.FutureLog.Part;
import io.millrace.model.TopicIdPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The last steps of a move, in an order in which a crash, of the machine too, leaves one log:
 *
 * <ol>
 *   <li>the copy is made whole and durable, and its directory becomes a {@code …-moved};
 *   <li>the log loses its name in the old directory, durably;
 *   <li>the copy gets the name.
 * </ol>
 *
 * A start keeps the old log as long as it has its name, and gives the name to the copy when not
 * ({@link InterruptedMoves}).
 *
 * <p>Owner: the move worker of the new directory. Nothing is written to the log meanwhile.
 */
final class MoveSwitch {
  /**
   * What is left to do.
   *
   * @param dropped base offsets of copied segments that the log has no more
   * @param parts of every segment, the rest that is not copied
   * @param indexes base offsets of segments whose index files are not copied
   */
  record Plan(
      TopicIdPartition id,
      List<Long> dropped,
      List<Part> parts,
      List<Long> indexes,
      FutureLog.Rest rest,
      long deleteDelayMs) {}

  private final FutureLog future;
  private final LogDirectory source;
  private final LogDirectory target;
  private final Plan plan;

  MoveSwitch(FutureLog future, LogDirectory source, LogDirectory target, Plan plan) {
    this.future = future;
    this.source = source;
    this.target = target;
    this.plan = plan;
  }

  /** The first step. If it fails the log stays, and the copy must be removed. */
  void complete() throws IOException {
    for (long base : plan.dropped) {
      future.remove(base);
    }
    for (Part part : plan.parts) {
      future.copy(part);
    }
    for (long base : plan.indexes) {
      future.copyIndexes(plan.rest.source(), base);
    }
    future.complete(plan.rest, source);
  }

  /**
   * The other two. A failure is that of a directory, which is offline then. If it is that of the
   * old one, nobody knows what the disk has of the name: the copy must stay for the next start.
   *
   * @return whether the log is in the new directory; false = it is where it was
   */
  boolean rename() throws IOException {
    Path place = plan.rest.source();
    try {
      source.content().moveAway(plan.id.topicPartition(), place, plan.deleteDelayMs);
    } catch (IOException e) {
      if (!Files.isDirectory(place) || !source.health().passes(e)) {
        source.health().fail(e);
        return false;
      }
      throw e;
    }
    FaultPoint.MOVE_SOURCE_GONE.reached();
    try {
      future.promote();
    } catch (IOException e) {
      // The next start gives it its name.
      target.health().fail(e);
    }
    return true;
  }
}
