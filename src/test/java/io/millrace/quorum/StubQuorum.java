package io.millrace.quorum;

import io.millrace.metadata.MetadataRecord;
import io.millrace.model.VoterId;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;

/**
 * A quorum that can do nothing; who is asked for something has to say how.
 *
 * <p>Owner: immutable.
 */
public abstract class StubQuorum implements Quorum {
  @Override
  public Future<Long> propose(int lead, long baseOffset, List<MetadataRecord> records) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Long> readIndex() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Void> snapshot(long lastOffset, List<MetadataRecord> records) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Void> addVoter(VoterId id) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Void> removeVoter(VoterId id) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Void> transferLeadership(int nodeId) {
    throw new UnsupportedOperationException();
  }

  @Override
  public QuorumView status() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void receive(int fromNodeId, ByteBuffer message) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void onPeers(Set<VoterId> peers) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void onMemberGone(int nodeId) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void nominate(boolean nominated) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Void> close() {
    throw new UnsupportedOperationException();
  }
}
