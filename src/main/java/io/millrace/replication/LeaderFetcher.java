package io.millrace.replication;

import io.millrace.client.PeerException;
import io.millrace.client.Peers;
import io.millrace.model.Loop;
import io.millrace.partition.Fetched;
import io.millrace.partition.FollowedLog;
import io.millrace.protocol.MalformedResponseException;
import io.millrace.protocol.replica.ReplicaFetchAnswer;
import io.millrace.protocol.replica.ReplicaFetchRequest;
import io.millrace.quota.ReplicationThrottle;
import io.millrace.replication.FollowedPartition.State;
import io.vertx.core.AsyncResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches from one leader, over one connection and in one session, for all partitions that are
 * given to it: the next request goes out as soon as all of the last answer is in the logs. A log
 * that takes long is left out until it is done.
 *
 * <p>Owner: a loop of its own; {@link #follow} and {@link #unfollow} are for any thread.
 */
final class LeaderFetcher {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderFetcher.class);

  /** How long the others wait for a log that takes long. */
  private static final int PATIENCE_MS = 20;

  private static final int FIRST_PAUSE_MS = 20;

  /** So soon a throttle is looked at again: it may have been lifted. */
  private static final int MAX_HELD_MS = 1_000;

  /**
   * Fetchers of several leaders wait for one throttle, and the first one to look takes what it
   * gives: within this time, it is now one of them and now another.
   */
  private static final int TURN_MS = 20;

  /**
   * What the fetchers of a node share.
   *
   * @param brokerEpoch under which this node is registered; -1 = it is not
   * @param throttle how fast partitions that are out of sync are fetched
   */
  record Parts(
      int nodeId,
      LongSupplier brokerEpoch,
      Peers peers,
      Supplier<ReplicationConfig> config,
      ReplicationThrottle throttle) {}

  /** Who decides which connection fetches what. */
  interface Lanes {
    /** An answer for a partition is taken; true = another connection is to fetch it. */
    boolean moves(FollowedPartition partition, int bytes);

    /** It is given up here. */
    void move(FollowedLog log);
  }

  private final Parts parts;
  private final int leader;
  private final String lane;
  private final Loop loop;
  private final Lanes lanes;
  private final Map<FetchKey, FollowedPartition> followed = new HashMap<>();
  // Those that are ready and lack something, so that the throttle can hold them.
  private final Set<FollowedPartition> behind = new LinkedHashSet<>();
  // Invariant: those in the state PAUSED.
  private final Set<FollowedPartition> paused = new HashSet<>();
  private final FetchSessionState session = new FetchSessionState();
  // Under which this node was registered at the last request; the leader takes it from a request
  // for those partitions only that the request is about.
  private long toldBrokerEpoch = -1;
  private boolean asking;
  private boolean pausing;
  private boolean closed;
  // Failures in a row.
  private int failures;
  // Logs that take an answer.
  private int taking;
  private boolean patienceScheduled;
  private boolean outOfPatience;
  private boolean sendScheduled;
  private boolean releaseScheduled;

  LeaderFetcher(Parts parts, int leader, String lane, Loop loop, Lanes lanes) {
    this.parts = parts;
    this.leader = leader;
    this.lane = lane;
    this.loop = loop;
    this.lanes = lanes;
  }

  // ---- any thread

  void follow(FollowedLog log) {
    loop.run(() -> begin(log));
  }

  void unfollow(FollowedLog log) {
    loop.run(
        () -> {
          FollowedPartition known = followed.get(FetchKey.of(log.id()));
          if (known != null && known.log == log) {
            forget(known);
            sendSoon();
          }
        });
  }

  void close() {
    loop.run(() -> closed = true);
  }

  // ---- loop

  private void begin(FollowedLog log) {
    FollowedPartition partition = new FollowedPartition(log);
    FollowedPartition before = followed.get(partition.key);
    if (before != null) {
      forget(before);
    }
    followed.put(partition.key, partition);
    deliver(List.of(new Delivery(partition, null)));
  }

  private void forget(FollowedPartition partition) {
    followed.remove(partition.key);
    if (partition.state == State.TAKING) {
      taking--;
    }
    paused.remove(partition);
    leaveOut(partition);
  }

  private void leaveOut(FollowedPartition partition) {
    behind.remove(partition);
    session.leaveOut(partition.key);
  }

  private void ready(FollowedPartition partition) {
    partition.state = State.READY;
    partition.wanted =
        FetchSessionState.wanted(
            partition.log, partition.point, parts.config.get().maxPartitionBytes());
    session.want(partition.key, partition.wanted);
    if (!partition.inSync) {
      behind.add(partition);
    }
  }

  /** At the end of the loop's turn: what other partitions have to say goes with it. */
  private void sendSoon() {
    if (!sendScheduled) {
      sendScheduled = true;
      loop.execute(
          () -> {
            sendScheduled = false;
            send();
          });
    }
  }

  private void send() {
    if (asking || pausing || closed || (taking > 0 && !outOfPatience)) {
      return;
    }
    boolean held = hold();
    if (held) {
      sendWhenReleased();
    }
    if (held ? !session.wantsAny() : session.isEmpty()) {
      return;
    }
    long brokerEpoch = parts.brokerEpoch.getAsLong();
    if (brokerEpoch < 0) {
      onFailure("this node is not registered");
      return;
    }
    if (brokerEpoch != toldBrokerEpoch) {
      toldBrokerEpoch = brokerEpoch;
      session.reset();
    }
    asking = true;
    ReplicaFetchRequest request =
        FetchSessionState.request(
            parts.nodeId, brokerEpoch, parts.config.get(), waitMs(), session.next());
    parts
        .peers
        .borrow(
            leader,
            lane,
            request.message(),
            ReplicaFetchRequest.VERSION,
            parts.config.get().timeoutMs())
        .map(lent -> new Answered(ReplicaFetchAnswer.of(lent.message()), lent.giveBack()))
        .onComplete(done -> loop.run(() -> onAnswer(done)));
  }

  /**
   * How long the leader may wait for news of the others: not much longer than until a log that is
   * left out now is ready again, since that one is not asked for before the answer is here.
   */
  private int waitMs() {
    long wait = parts.config.get().maxWaitMs();
    if (taking > 0) {
      wait = Math.min(wait, PATIENCE_MS);
    }
    for (FollowedPartition each : paused) {
      wait = Math.min(wait, pauseMs(each.pauses - 1));
    }
    return (int) wait;
  }

  /** Leaves out what the throttle holds; true = there is something. */
  private boolean hold() {
    boolean held = false;
    for (FollowedPartition partition : behind) {
      if (parts.throttle.holds(partition.log.id())) {
        held = true;
        session.leaveOut(partition.key);
      } else {
        session.want(partition.key, partition.wanted);
      }
    }
    return held;
  }

  /** When the throttle lets partitions go on that it holds. */
  private void sendWhenReleased() {
    if (!releaseScheduled) {
      releaseScheduled = true;
      loop.schedule(
          Math.max(1, Math.min(MAX_HELD_MS, parts.throttle.waitMs()))
              + ThreadLocalRandom.current().nextInt(TURN_MS),
          () -> {
            releaseScheduled = false;
            send();
          });
    }
  }

  /** An answer, and what is to be called when nobody reads its records any more. */
  private record Answered(ReplicaFetchAnswer answer, Runnable giveBack) {}

  private void onAnswer(AsyncResult<Answered> done) {
    asking = false;
    if (closed) {
      return;
    }
    if (done.failed()) {
      onFailure(done.cause());
      return;
    }
    ReplicaFetchAnswer answer = done.result().answer();
    if (answer.error() == Errors.FETCH_SESSION_ID_NOT_FOUND
        || answer.error() == Errors.INVALID_FETCH_SESSION_EPOCH) {
      session.reset();
      sendSoon();
    } else if (answer.error() != Errors.NONE) {
      onFailure(answer.error().message());
    } else {
      failures = 0;
      session.onAnswered(answer.sessionId());
      take(answer, done.result().giveBack());
    }
  }

  private void onFailure(Throwable cause) {
    if (cause instanceof PeerException || cause instanceof MalformedResponseException) {
      onFailure(cause.getMessage());
    } else {
      LOG.error("Fetching from node {} failed", leader, cause);
      onFailure(Objects.toString(cause));
    }
  }

  /** The session is over with the connection. */
  private void onFailure(String why) {
    LOG.debug("Nothing was fetched from node {}: {}", leader, why);
    session.reset();
    pausing = true;
    loop.schedule(
        pauseMs(failures++),
        () -> {
          pausing = false;
          send();
        });
  }

  private long pauseMs(int soFar) {
    return Math.min(
        parts.config.get().maxBackoffMs(), (long) FIRST_PAUSE_MS << Math.min(soFar, 16));
  }

  // ---- taking

  private record Delivery(FollowedPartition partition, Fetched fetched, int bytes) {
    Delivery(FollowedPartition partition, Fetched fetched) {
      this(partition, fetched, fetched == null ? 0 : fetched.records().remaining());
    }
  }

  private void take(ReplicaFetchAnswer answer, Runnable giveBack) {
    List<Delivery> deliveries = new ArrayList<>();
    SharedFrame frame = new SharedFrame(giveBack);
    for (ReplicaFetchAnswer.Partition each : answer.partitions()) {
      FetchKey key = new FetchKey(each.topic(), each.partition());
      FollowedPartition partition = followed.get(key);
      // An answer to another question, such as one of an earlier leader epoch, says nothing of
      // where this log is to go on.
      if (partition != null
          && partition.state == State.READY
          && session.asks(key, partition.wanted)) {
        deliveries.add(
            new Delivery(
                partition,
                new Fetched(
                    each.error(),
                    each.records(),
                    frame.share(),
                    each.highWatermark(),
                    each.logStartOffset(),
                    each.divergingEpoch(),
                    each.divergingEndOffset())));
      }
    }
    deliver(deliveries);
    frame.release();
    sendSoon();
  }

  /** One hop to each loop, and one back for all that is taken at once there. */
  private void deliver(List<Delivery> deliveries) {
    Map<Loop, List<Delivery>> byLoop = new LinkedHashMap<>(4);
    for (Delivery delivery : deliveries) {
      delivery.partition.state = State.TAKING;
      leaveOut(delivery.partition);
      taking++;
      byLoop.computeIfAbsent(delivery.partition.log.loop(), any -> new ArrayList<>()).add(delivery);
    }
    byLoop.forEach((owner, its) -> owner.run(() -> handOver(its)));
    if (taking > 0 && !patienceScheduled) {
      patienceScheduled = true;
      loop.schedule(PATIENCE_MS, this::onPatienceOver);
    }
  }

  private void onPatienceOver() {
    patienceScheduled = false;
    if (taking > 0) {
      outOfPatience = true;
      send();
    }
  }

  /** On the loop of the logs. */
  private void handOver(List<Delivery> deliveries) {
    List<Runnable> taken = new ArrayList<>(deliveries.size());
    boolean[] inTurn = {true};
    for (Delivery delivery : deliveries) {
      delivery.partition.log.take(
          delivery.fetched,
          (next, pause) -> {
            Runnable news = () -> onTaken(delivery, next, pause);
            if (inTurn[0]) {
              taken.add(news);
            } else {
              loop.run(news);
            }
          });
    }
    inTurn[0] = false;
    if (!taken.isEmpty()) {
      loop.run(() -> taken.forEach(Runnable::run));
    }
  }

  private void onTaken(Delivery delivery, FollowedLog.Point next, boolean pause) {
    FollowedPartition partition = delivery.partition;
    if (followed.get(partition.key) != partition) {
      return;
    }
    taking--;
    if (taking == 0) {
      outOfPatience = false;
    }
    if (next == null) {
      followed.remove(partition.key);
    } else {
      partition.point = next;
      if (pause) {
        partition.state = State.PAUSED;
        paused.add(partition);
        loop.schedule(pauseMs(partition.pauses++), () -> onPauseOver(partition));
      } else {
        partition.pauses = 0;
        account(partition, delivery);
        if (delivery.fetched != null && lanes.moves(partition, delivery.bytes)) {
          followed.remove(partition.key);
          lanes.move(partition.log);
        } else {
          ready(partition);
        }
      }
    }
    sendSoon();
  }

  private void account(FollowedPartition partition, Delivery delivery) {
    if (delivery.fetched != null && delivery.fetched.error() == Errors.NONE) {
      if (!partition.inSync) {
        parts.throttle.count(partition.log.id(), delivery.bytes);
      }
      partition.inSync = partition.point.offset() >= delivery.fetched.highWatermark();
    }
  }

  private void onPauseOver(FollowedPartition partition) {
    if (followed.get(partition.key) == partition && partition.state == State.PAUSED) {
      paused.remove(partition);
      ready(partition);
      sendSoon();
    }
  }
}
