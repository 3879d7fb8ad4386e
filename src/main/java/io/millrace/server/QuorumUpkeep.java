package io.millrace.server;

import io.millrace.cluster.Member;
import io.millrace.cluster.Membership;
import io.millrace.cluster.MembershipChange;
import io.millrace.cluster.state.Nominee;
import io.millrace.cluster.state.Promotion;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.model.Clock;
import io.millrace.model.VoterId;
import io.millrace.quorum.Quorum;
import io.millrace.quorum.QuorumView;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what the membership sees to the quorum: who is there, who is gone, who is to stand for
 * election; and makes learners voters while there are fewer than wanted. Nothing of it decides
 * anything about the metadata.
 *
 * <p>Owner: the context in which it was made.
 */
final class QuorumUpkeep {
  private static final Logger LOG = LoggerFactory.getLogger(QuorumUpkeep.class);
  private static final long LOOK_MS = 500;

  /** A learner that was not heard of for so long is not made a voter. */
  private static final long FRESH_MS = 2_000;

  /** Whether a change came through is looked up afterwards, so that giving up costs nothing. */
  private static final long CHANGE_PATIENCE_MS = 10_000;

  private final Vertx vertx;
  private final Context home;
  private final Membership membership;
  private final Quorum quorum;
  private final int votersTarget;
  private final Supplier<ClusterImage> image;
  private final IntConsumer gone;

  /**
   * Voters that somebody has removed, with the incarnation that ran then: it does not vote again by
   * itself. Another controller does not know of that.
   */
  private final Map<VoterId, UUID> dismissed = new HashMap<>();

  private boolean changing;
  private long ledMs = TimeUnit.NANOSECONDS.toMillis(Clock.SYSTEM.nanos());
  private long timer = -1;
  private boolean closed;

  /**
   * An upkeep that has not begun.
   *
   * @param votersTarget {@code cluster.voters.target}
   * @param image what this node knows of the brokers
   * @param gone is told the node id of each member that left, perhaps again and again
   */
  QuorumUpkeep(
      Vertx vertx,
      Membership membership,
      Quorum quorum,
      int votersTarget,
      Supplier<ClusterImage> image,
      IntConsumer gone) {
    this.vertx = vertx;
    this.home = vertx.getOrCreateContext();
    this.membership = membership;
    this.quorum = quorum;
    this.votersTarget = votersTarget;
    this.image = image;
    this.gone = gone;
  }

  /** From any thread. */
  void start() {
    membership.subscribe(change -> home.runOnContext(any -> onChange(change)));
    home.runOnContext(
        any -> {
          if (!closed) {
            timer = vertx.setPeriodic(LOOK_MS, id -> look());
          }
        });
  }

  /** From any thread. */
  void close() {
    home.runOnContext(
        any -> {
          closed = true;
          vertx.cancelTimer(timer);
        });
  }

  /** Somebody wants this voter not to vote; from any thread. */
  void onRemoved(VoterId voter) {
    home.runOnContext(
        any ->
            membership.members().stream()
                .filter(member -> member.voterId().equals(voter))
                .forEach(member -> dismissed.put(voter, member.incarnation())));
  }

  private void onChange(MembershipChange change) {
    if (closed) {
      return;
    }
    Set<VoterId> peers = change.members().stream().map(Member::voterId).collect(Collectors.toSet());
    quorum.onPeers(peers);
    if (change instanceof MembershipChange.Left left) {
      int nodeId = left.member().nodeId();
      // A node that came back is there under another membership.
      if (change.members().stream().noneMatch(member -> member.nodeId() == nodeId)) {
        quorum.onMemberGone(nodeId);
        gone.accept(nodeId);
      }
    }
    nominate(change.members());
  }

  private void look() {
    List<Member> members = membership.members();
    nominate(members);
    if (quorum.status().active()) {
      // Who went before this node led was told to another one.
      Set<Integer> there = members.stream().map(Member::nodeId).collect(Collectors.toSet());
      image.get().brokers().values().stream()
          .filter(broker -> !broker.fenced())
          .map(BrokerImage::nodeId)
          .filter(nodeId -> !there.contains(nodeId))
          .forEach(gone::accept);
      promote();
    }
  }

  private void nominate(List<Member> members) {
    QuorumView view = quorum.status();
    long nowMs = TimeUnit.NANOSECONDS.toMillis(Clock.SYSTEM.nanos());
    if (view.leader() != null) {
      ledMs = nowMs;
    }
    quorum.nominate(Nominee.isTurnOf(view.self(), members, voters(view), nowMs - ledMs));
  }

  private static Set<VoterId> voters(QuorumView view) {
    return view.replicas().stream()
        .filter(QuorumView.Replica::voter)
        .map(QuorumView.Replica::id)
        .collect(Collectors.toSet());
  }

  private void promote() {
    QuorumView view = quorum.status();
    if (changing) {
      return;
    }
    long nowMs = System.currentTimeMillis();
    ClusterImage known = image.get();
    Set<VoterId> following = new HashSet<>();
    for (QuorumView.Replica replica : view.replicas()) {
      int nodeId = replica.id().nodeId();
      // Who is refused, because its release is too old say, must not come to lead.
      boolean registered =
          known.brokers().containsKey(nodeId) || known.controllers().containsKey(nodeId);
      if (!replica.voter() && registered && nowMs - replica.lastCaughtUpMs() < FRESH_MS) {
        following.add(replica.id());
      }
    }
    List<Member> members = membership.members();
    dismissed
        .entrySet()
        .removeIf(
            removed ->
                members.stream()
                    .noneMatch(member -> member.incarnation().equals(removed.getValue())));
    following.removeAll(dismissed.keySet());
    Promotion.next(members, voters(view), following, votersTarget).ifPresent(this::promote);
  }

  private void promote(VoterId learner) {
    changing = true;
    quorum
        .addVoter(learner)
        .timeout(CHANGE_PATIENCE_MS, TimeUnit.MILLISECONDS)
        .onComplete(done -> home.runOnContext(any -> onChanged(learner, done)));
  }

  private void onChanged(VoterId learner, AsyncResult<Void> done) {
    if (done.succeeded()) {
      LOG.info("Node {} votes on the metadata from now on", learner.nodeId());
    } else {
      LOG.debug("Node {} is no voter yet", learner.nodeId(), done.cause());
    }
    vertx.setTimer(LOOK_MS, any -> changing = false);
  }
}
