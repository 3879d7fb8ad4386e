package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What replicas of the metadata log say to each other (Ongaro's dissertation, figure 3.1 and
 * sections 4 to 6). All are one way; every one may be lost, late, doubled or out of order.
 *
 * <p>{@code from} and {@code to} are voter ids also for those that do not vote. {@code term} is the
 * sender's term; only {@link PreVote} carries one that nobody has yet. Ends are exclusive offsets.
 *
 * <p>Owner: immutable.
 */
public sealed interface Message {
  VoterId from();

  VoterId to();

  int term();

  /**
   * Would you vote for me in {@code term}, which is one more than mine? Changes nothing at the
   * receiver (section 9.6).
   */
  record PreVote(VoterId from, VoterId to, int term, long logEnd, int lastTerm)
      implements Message {}

  /**
   * The answer to {@link PreVote}.
   *
   * @param term of the PreVote if it is granted, else the sender's own
   */
  record PreVoteReply(VoterId from, VoterId to, int term, boolean granted) implements Message {}

  /**
   * Vote for me in {@code term}.
   *
   * @param transfer the leader asked the sender to do this: the receiver may desert that leader
   */
  record Vote(VoterId from, VoterId to, int term, long logEnd, int lastTerm, boolean transfer)
      implements Message {}

  /** The answer to {@link Vote}; a granted one is on the sender's disk. */
  record VoteReply(VoterId from, VoterId to, int term, boolean granted) implements Message {}

  /**
   * The leader's heartbeat, with or without entries.
   *
   * @param prevEnd the entries follow this offset
   * @param prevTerm term of the record before it
   * @param entries each begins where the one before it ends: only prevEnd is sent as an offset
   * @param committedEnd the leader's; may lie beyond the entries
   * @param round the leader's count of its questions: who answers knew it as the leader after that
   *     question was asked (ReadIndex, section 6.4), and old refusals are told from new ones
   */
  record Append(
      VoterId from,
      VoterId to,
      int term,
      long prevEnd,
      int prevTerm,
      List<Entry> entries,
      long committedEnd,
      long round)
      implements Message {
    public Append {
      entries = List.copyOf(entries);
      long end = prevEnd;
      for (Entry entry : entries) {
        if (entry.baseOffset() != end) {
          throw new IllegalArgumentException(
              "An append behind "
                  + prevEnd
                  + " has an entry at "
                  + entry.baseOffset()
                  + ", not "
                  + end);
        }
        end = entry.endOffset();
      }
    }

    public long endOffset() {
      return entries.isEmpty() ? prevEnd : entries.get(entries.size() - 1).endOffset();
    }
  }

  /**
   * The answer to {@link Append}.
   *
   * @param matched true = the sender's log is the leader's up to {@code end} and that is on its
   *     disk; false = it does not have {@code prevEnd} with {@code prevTerm}
   * @param end if not matched: the logs may agree up to here at most
   * @param endTerm if not matched: term of the sender's last record below {@code end}
   * @param round of the Append
   */
  record AppendReply(
      VoterId from, VoterId to, int term, boolean matched, long end, int endTerm, long round)
      implements Message {}

  /**
   * A piece of a snapshot's file.
   *
   * @param data read only
   * @param last whether the file ends with it
   */
  record InstallSnapshot(
      VoterId from,
      VoterId to,
      int term,
      SnapshotId snapshot,
      long position,
      ByteBuffer data,
      boolean last,
      long round)
      implements Message {}

  /**
   * The answer to {@link InstallSnapshot} while the file is not whole. When it is installed, the
   * answer is an {@link AppendReply}.
   *
   * @param position the byte that is wanted next
   */
  record SnapshotReply(
      VoterId from, VoterId to, int term, SnapshotId snapshot, long position, long round)
      implements Message {}

  /** Campaign at once: the leader wants the receiver to lead (section 3.10). */
  record TimeoutNow(VoterId from, VoterId to, int term) implements Message {}

  /** Who hears from no leader asks to be told the log; answered by {@link Append}, if at all. */
  record LearnerHello(VoterId from, VoterId to, int term, long logEnd) implements Message {}
}
