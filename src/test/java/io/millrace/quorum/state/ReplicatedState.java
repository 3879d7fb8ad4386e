package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What the simulated replicas make of the log: a number that depends on each record and its place,
 * and the voters. Its snapshot's file takes a few chunks.
 *
 * @param end offset after the last record
 * @param voters as the records say; empty = none said so yet
 *     <p>Owner: immutable.
 */
record ReplicatedState(long end, long hash, Set<VoterId> voters) {
  static final ReplicatedState EMPTY = new ReplicatedState(0, 17, Set.of());

  ReplicatedState plus(MetadataRecord record) {
    return new ReplicatedState(
        end + 1,
        hash * 1_000_003 + record.hashCode(),
        record instanceof Voters changed ? changed.voters() : voters);
  }

  /** The file ends with so many bytes that say nothing: each replica's file is another one. */
  ByteBuffer toFile(int padding) {
    ByteBuffer file = ByteBuffer.allocate(20 + voters.size() * 20 + padding);
    file.putLong(end).putLong(hash).putInt(voters.size());
    for (VoterId voter : new TreeSet<>(voters)) {
      file.putInt(voter.nodeId())
          .putLong(voter.directoryId().getMostSignificantBits())
          .putLong(voter.directoryId().getLeastSignificantBits());
    }
    return file.rewind();
  }

  static ReplicatedState ofFile(ByteBuffer file) {
    long end = file.getLong();
    long hash = file.getLong();
    Set<VoterId> voters = new TreeSet<>();
    for (int left = file.getInt(); left > 0; left--) {
      voters.add(new VoterId(file.getInt(), new UUID(file.getLong(), file.getLong())));
    }
    return new ReplicatedState(end, hash, voters);
  }
}
