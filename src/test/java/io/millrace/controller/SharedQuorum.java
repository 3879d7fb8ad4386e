package io.millrace.controller;

import io.millrace.metadata.MetadataRecord;
import io.millrace.model.VoterId;
import io.millrace.quorum.CommitListener;
import io.millrace.quorum.QuorumException;
import io.millrace.quorum.StubQuorum;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.PreviousLeader;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.protocol.Errors;

/**
 * A quorum in memory for several controllers: one log, in which whoever was told to lead appends.
 *
 * <p>Owner: any thread.
 */
final class SharedQuorum {
  private final List<Entry> log = new ArrayList<>();
  private final Map<Integer, Replica> replicas = new TreeMap<>();
  private final List<Promise<Long>> held = new ArrayList<>();

  /** Nodes that have left the quorum. */
  final Set<Integer> left = ConcurrentHashMap.newKeySet();

  private int term;
  private int lead;
  private int leader = -1;

  /** Takes the place in the log for which the next proposal was decided. */
  private MetadataRecord.Voters votersFirst;

  /** Proposals wait, neither committed nor failed, until {@link #lead}. */
  volatile boolean holding;

  private final class Replica extends StubQuorum {
    private final int nodeId;
    private final CommitListener listener;
    private int delivered;
    private boolean cut;

    private Replica(int nodeId, CommitListener listener) {
      this.nodeId = nodeId;
      this.listener = listener;
    }

    private void deliver() {
      if (!cut && delivered < log.size()) {
        listener.onCommitted(new ArrayList<>(log.subList(delivered, log.size())));
        delivered = log.size();
      }
    }

    @Override
    public Future<Long> propose(int inLead, long baseOffset, List<MetadataRecord> records) {
      synchronized (SharedQuorum.this) {
        if (leader != nodeId || lead != inLead) {
          return Future.failedFuture(new QuorumException(Errors.NOT_CONTROLLER, "deposed"));
        }
        if (holding) {
          Promise<Long> promise = Promise.promise();
          held.add(promise);
          return promise.future();
        }
        if (votersFirst != null) {
          append(List.of(votersFirst)); // and everybody hears of it before of the refusal
          votersFirst = null;
        }
        if (baseOffset != ANYWHERE && baseOffset != end()) {
          QuorumException why = new QuorumException(Errors.NOT_CONTROLLER, "voters have changed");
          listener.onResigned(why);
          listener.onLeader(++lead, PreviousLeader.NOBODY);
          return Future.failedFuture(why);
        }
        return Future.succeededFuture(append(records));
      }
    }

    @Override
    public Future<Long> readIndex() {
      synchronized (SharedQuorum.this) {
        return leader == nodeId && !cut
            ? Future.succeededFuture(end())
            : Future.failedFuture(new QuorumException(Errors.NOT_CONTROLLER, "no majority"));
      }
    }

    @Override
    public Future<Void> snapshot(long lastOffset, List<MetadataRecord> records) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> close() {
      left.add(nodeId);
      return Future.succeededFuture();
    }
  }

  private long end() {
    return log.isEmpty() ? 0 : log.get(log.size() - 1).endOffset();
  }

  private long append(List<MetadataRecord> records) {
    log.add(new Entry(end(), term, records));
    replicas.values().forEach(Replica::deliver);
    return end() - 1;
  }

  ControllerVerticle.QuorumOpener opener(int nodeId) {
    return (Vertx vertx, CommitListener listener) -> {
      synchronized (this) {
        Replica replica = new Replica(nodeId, listener);
        replicas.put(nodeId, replica);
        replica.deliver();
        listener.onLeaderKnown(leader, term);
        return Future.succeededFuture(replica);
      }
    };
  }

  /** A node leads a new term. */
  synchronized void lead(int nodeId) {
    leadAfter(0, nodeId);
  }

  /** A node leads a new term, which has not heard of the leader before for a while. */
  synchronized void leadAfter(long silentMs, int nodeId) {
    PreviousLeader previous = new PreviousLeader(leader, silentMs);
    Replica old = replicas.get(leader);
    leader = nodeId;
    term++;
    holding = false;
    if (old != null && !old.cut) {
      old.listener.onResigned(new QuorumException(Errors.NOT_CONTROLLER, "Another node leads"));
    }
    held.forEach(
        promise -> promise.fail(new QuorumException(Errors.NOT_CONTROLLER, "Another node leads")));
    held.clear();
    append(List.of(MetadataRecord.NoOp.INSTANCE));
    for (Replica replica : replicas.values()) {
      if (!replica.cut) {
        replica.listener.onLeaderKnown(nodeId, term);
      }
    }
    replicas.get(nodeId).listener.onLeader(++lead, previous);
  }

  /** The voters change, after the next command was decided and before it is proposed. */
  synchronized void changeVotersBeforeNextProposal(Set<VoterId> voters) {
    votersFirst = new MetadataRecord.Voters(voters);
  }

  /** A node hears nothing any more, of its own deposition neither. */
  synchronized void cut(int nodeId) {
    replicas.get(nodeId).cut = true;
  }

  /** The node hears of everything again; what the image says so far comes as a snapshot. */
  synchronized void heal(int nodeId, List<MetadataRecord> snapshot) {
    Replica replica = replicas.get(nodeId);
    replica.cut = false;
    replica.listener.onSnapshot(end() - 1, snapshot);
    replica.delivered = log.size();
    replica.listener.onLeaderKnown(leader, term);
  }
}
