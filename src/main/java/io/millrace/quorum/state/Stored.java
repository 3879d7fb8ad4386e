package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.util.List;
import java.util.Set;

/**
 * What a replica's disk holds when it starts.
 *
 * @param hardState {@link HardState#INITIAL} = it has never run
 * @param snapshot {@link SnapshotId#NONE} = there is none
 * @param snapshotVoters the voters as of the snapshot; empty = it says nothing of them
 * @param entries those after the snapshot, in order
 * @param committedEnd end (exclusive) of what is known to be committed; at least the snapshot's
 * @param initialVoters who votes as long as neither log nor snapshot says so: those of the
 *     cluster's formation, or this node alone; empty = a node that joins a cluster it does not know
 *     <p>Owner: immutable.
 */
public record Stored(
    HardState hardState,
    SnapshotId snapshot,
    Set<VoterId> snapshotVoters,
    List<Entry> entries,
    long committedEnd,
    Set<VoterId> initialVoters) {
  public Stored {
    snapshotVoters = Set.copyOf(snapshotVoters);
    entries = List.copyOf(entries);
    initialVoters = Set.copyOf(initialVoters);
  }

  /** An empty disk. */
  public static Stored nothing(Set<VoterId> initialVoters) {
    return new Stored(HardState.INITIAL, SnapshotId.NONE, Set.of(), List.of(), 0, initialVoters);
  }
}
