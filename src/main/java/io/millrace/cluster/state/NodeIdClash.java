package io.millrace.cluster.state;

import io.millrace.cluster.Member;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Finds out whether this node may start although another live one has its node id: it may not. Of
 * the two the younger member gives way. The older one can also be what is left of this node's own
 * last run, which disappears soon, so the clash has to last.
 *
 * <p>Owner: whoever made it.
 */
public final class NodeIdClash {
  /** Longer than the membership needs to notice that a member is gone. */
  public static final long DEFAULT_PATIENCE_MS = 15_000;

  private final long patienceMs;
  // null = there is none.
  private Member rival;
  private long sinceMs;

  public NodeIdClash(long patienceMs) {
    this.patienceMs = patienceMs;
  }

  /** The older member with the node id of {@code self}, if there is one. */
  public static Optional<Member> olderWithSameId(Member self, List<Member> oldestFirst) {
    return oldestFirst.stream()
        .takeWhile(member -> !member.memberUuid().equals(self.memberUuid()))
        .filter(member -> member.nodeId() == self.nodeId())
        .filter(member -> !member.incarnation().equals(self.incarnation()))
        .findFirst();
  }

  /** Whether a clash is seen that may yet turn out to be the rest of an earlier run. */
  public boolean waiting() {
    return rival != null;
  }

  /**
   * Looks once.
   *
   * @return why this node must not start, with what to do about it; empty = it may, or it is not
   *     decided while {@link #waiting}
   */
  public Optional<String> observe(long nowMs, Member self, List<Member> oldestFirst) {
    Member found = olderWithSameId(self, oldestFirst).orElse(null);
    if (found == null) {
      rival = null;
      return Optional.empty();
    }
    if (rival == null || !Objects.equals(rival.memberUuid(), found.memberUuid())) {
      rival = found;
      sinceMs = nowMs;
    }
    return nowMs - sinceMs >= patienceMs ? Optional.of(message(self, found)) : Optional.empty();
  }

  private static String message(Member self, Member other) {
    String alike =
        self.directoryId().equals(other.directoryId())
            ? "with a copy of this node's log directory (directory.id "
                + other.voterId()
                + "); give this node empty log.dirs and another node.id"
            : "with other log directories; give this node another node.id";
    return "node.id "
        + self.nodeId()
        + " is already in use by the running node at "
        + other.internalAddress()
        + " "
        + alike;
  }
}
