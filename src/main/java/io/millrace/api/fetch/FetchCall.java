package io.millrace.api.fetch;

import io.millrace.api.RequestContext;
import io.millrace.api.cluster.CurrentLeader;
import io.millrace.api.cluster.ReachableBrokers;
import io.millrace.metadata.TopicImage;
import io.millrace.model.Loop;
import io.millrace.model.TopicId;
import io.millrace.partition.FetchAnswer;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.quota.ClientUse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * One Fetch in progress: visits the partitions that may have news, parks if that is too little,
 * collects what watchers report, answers once.
 *
 * <p>Owner: connection loop.
 */
final class FetchCall extends DeadlineWheel.Entry {
  private static final short FIRST_VERSION_WITH_LEADER = 12;
  private static final short FIRST_VERSION_WITH_ENDPOINTS = 16;

  private final RequestContext context;
  private final FetchSession session;
  private final PartitionTable partitions;
  private final DeadlineWheel deadlines;
  private final boolean full;
  private final int minBytes;
  private final int maxBytes;
  private final int maxWaitMs;
  private final boolean readCommitted;

  // Invariant: exactly the partitions whose answer is not null, each once, in the order of the
  // response.
  private final List<FetchPartition> found = new ArrayList<>();
  // Invariant: sum of the sizes of the answers of found.
  private int bytes;
  private boolean urgent;
  private int openVisits;
  // News came of what was being visited: it may be newer than what the visit found.
  private boolean again;
  private boolean parked;
  private boolean finishing;
  // What is answered came while this call was waiting for it.
  private boolean woken;
  private boolean done;

  /**
   * A fetch.
   *
   * @param full whether the answer names every partition of the session, not only those with news
   * @param maxBytes limit of the answer, already bounded by the node's own
   */
  FetchCall(
      RequestContext context,
      FetchSession session,
      PartitionTable partitions,
      DeadlineWheel deadlines,
      boolean full,
      FetchRequestData request,
      int maxBytes) {
    this.context = context;
    this.session = session;
    this.partitions = partitions;
    this.deadlines = deadlines;
    this.full = full;
    this.maxBytes = maxBytes;
    this.minBytes = Math.min(request.minBytes(), maxBytes);
    this.maxWaitMs = request.maxWaitMs();
    this.readCommitted = request.isolationLevel() == 1;
  }

  RequestContext context() {
    return context;
  }

  void start() {
    session.begin(this);
    RoundTrip roundTrip = session.roundTrip();
    if (roundTrip != null) {
      roundTrip.onAsked(deadlines.nanos());
    }
    visitDirty();
  }

  private void visitDirty() {
    Map<Loop, FetchVisit> visits = new LinkedHashMap<>(4);
    for (FetchPartition partition : session.takeDirty()) {
      Errors problem = resolve(partition);
      if (problem != Errors.NONE) {
        accept(partition, FetchAnswer.refused(problem));
        continue;
      }
      partition.visiting(true);
      visits.computeIfAbsent(partition.partition().loop(), this::newVisit).add(partition);
    }
    openVisits = visits.size();
    if (openVisits == 0) {
      afterVisits();
      return;
    }
    for (FetchVisit visit : visits.values()) {
      visit.loop().run(visit);
    }
  }

  private FetchVisit newVisit(Loop loop) {
    int wantBytes = maxWaitMs > 0 ? minBytes : 0;
    return new FetchVisit(this, loop, maxBytes, readCommitted, wantBytes, full);
  }

  private Errors resolve(FetchPartition wanted) {
    FetchKey key = wanted.key();
    TopicImage topic =
        session.usesTopicIds()
            ? context.image().topic(key.topicId())
            : context.image().topic(key.topic());
    if (topic == null) {
      wanted.partition(null);
      return session.usesTopicIds() ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (topic.partition(key.partition()) == null) {
      return Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }
    Partition known = partitions.get(topic.id(), key.partition());
    wanted.partition(known);
    return known == null ? Errors.NOT_LEADER_OR_FOLLOWER : Errors.NONE;
  }

  /** A visit is back. */
  void onVisited(FetchVisit visit) {
    List<FetchPartition> visited = visit.partitions();
    List<FetchAnswer> answers = visit.answers();
    for (int i = 0; i < visited.size(); i++) {
      FetchPartition partition = visited.get(i);
      partition.visiting(false);
      boolean overtaken = partition.takeOvertaken();
      if (i >= answers.size()) {
        session.markDirty(partition);
        continue;
      }
      FetchAnswer answer = answers.get(i);
      boolean armed =
          maxWaitMs > 0
              && i < visit.fed()
              && answer.sizeInBytes() < minBytes
              && !answer.urgent()
              && !answer.heldBack(partition.asked());
      partition.mayBeArmed(armed);
      if (overtaken) {
        again = true;
      } else {
        session.unmarkDirty(partition);
      }
      accept(partition, answer);
      if (done) {
        // The session was closed meanwhile, and with it the watchers that it knew of.
        session.unwatch(partition);
      }
    }
    if (--openVisits == 0 && !done) {
      afterVisits();
    }
  }

  private void afterVisits() {
    if (isEnough() || maxWaitMs <= 0 || session.size() == 0) {
      finish();
    } else if (again) {
      again = false;
      visitDirty();
    } else {
      parked = true;
      deadlines.add(this, maxWaitMs);
    }
  }

  private boolean isEnough() {
    return bytes >= minBytes || urgent;
  }

  /**
   * News from a watcher.
   *
   * @return whether this call took the answer over
   */
  boolean onNews(FetchPartition partition, FetchAnswer answer) {
    if (done || !session.contains(partition)) {
      return false;
    }
    if (partition.visiting()) {
      partition.onOvertaken();
      return false;
    }
    boolean heldBack = answer.heldBack(partition.asked());
    if (heldBack) {
      // There are bytes for which this call has no room: the next one is to read them.
      partition.mayBeArmed(false);
    } else {
      session.unmarkDirty(partition);
    }
    accept(partition, answer);
    if (parked && (isEnough() || heldBack) && !finishing) {
      // At the end of the turn: what other partitions report in this turn goes into the same
      // answer.
      finishing = true;
      context.loop().execute(this::onWoken);
    }
    return true;
  }

  /** There is enough: it is answered now, or to a follower that is far a moment later. */
  private void onWoken() {
    RoundTrip roundTrip = session.roundTrip();
    boolean atOnce = roundTrip == null || woken || urgent || full;
    woken = true;
    int gatherMs = atOnce ? 0 : roundTrip.gatherMs();
    if (gatherMs == 0) {
      finish();
    } else {
      context.loop().schedule(gatherMs, this::readAgain);
    }
  }

  /**
   * Whoever was waiting had everything until now: a throttle, which is for those that lag, counts
   * next to nothing a second time.
   */
  private void readAgain() {
    if (done) {
      return;
    }
    for (FetchPartition partition : found) {
      partition.releaseAnswer();
      session.markDirty(partition);
    }
    found.clear();
    bytes = 0;
    finishing = false;
    parked = false;
    deadlines.remove(this);
    visitDirty();
  }

  private void accept(FetchPartition partition, FetchAnswer answer) {
    if (done || !session.contains(partition)) {
      release(answer);
      return;
    }
    FetchAnswer before = partition.answer();
    int others = bytes - (before == null ? 0 : before.sizeInBytes());
    FetchAnswer accepted = answer;
    if (others > 0 && answer.sizeInBytes() > 0 && others + answer.sizeInBytes() > maxBytes) {
      // Two loops were read at once and found more than fits: this partition waits for the next
      // fetch.
      release(answer);
      accepted = answer.withoutBytes();
      session.markDirty(partition);
      if (!full) {
        return;
      }
    }
    if (before == null) {
      found.add(partition);
    }
    partition.answer(accepted);
    bytes = others + accepted.sizeInBytes();
    urgent |= accepted.urgent();
  }

  private static void release(FetchAnswer answer) {
    if (answer.slice() != null) {
      answer.slice().release();
    }
  }

  @Override
  void onDeadline() {
    finish();
  }

  /** The connection is gone or the session is replaced: nothing is answered. */
  void cancel() {
    if (!done) {
      done = true;
      deadlines.remove(this);
      found.forEach(FetchPartition::releaseAnswer);
      found.clear();
    }
  }

  private void finish() {
    if (done) {
      return;
    }
    done = true;
    deadlines.remove(this);
    session.end(this);
    RoundTrip roundTrip = session.roundTrip();
    if (roundTrip != null) {
      // One that lags asks when its throttle lets it.
      roundTrip.onAnswered(woken && bytes > 0, deadlines.nanos());
    }
    ClientUse use = context.use();
    int throttleMs = 0;
    if (use != ClientUse.NONE) {
      throttleMs = use.fetched(bytes, deadlines.nanos());
      context.throttle(throttleMs);
    }
    FetchResponseData response = throttleMs > 0 ? respondLater() : respond();
    if (session.id() == FetchSession.NO_SESSION) {
      context.connection().forget(session);
      session.close();
    }
    context.reply(response);
  }

  /**
   * The client has to wait and gets nothing (KIP-219), so that what it would get costs nobody
   * anything. A session that was to begin does not: to the client an empty answer to a full fetch
   * is one.
   */
  private FetchResponseData respondLater() {
    for (FetchPartition partition : found) {
      partition.releaseAnswer();
      session.markDirty(partition);
    }
    found.clear();
    return new FetchResponseData().setSessionId(full ? FetchSession.NO_SESSION : session.id());
  }

  private FetchResponseData respond() {
    FetchResponseData response = new FetchResponseData().setSessionId(session.id());
    Map<Object, FetchableTopicResponse> topics = new LinkedHashMap<>();
    for (FetchPartition partition : found) {
      FetchAnswer answer = partition.takeAnswer();
      if (answer.sizeInBytes() > 0 || answer.urgent() || !partition.mayBeArmed()) {
        session.markDirty(partition);
      }
      if (!partition.isNews(answer) && !full) {
        continue;
      }
      FetchKey key = partition.key();
      Object topicKey = session.usesTopicIds() ? key.topicId() : key.topic();
      topics
          .computeIfAbsent(topicKey, any -> newTopic(response, key))
          .partitions()
          .add(toData(response, key, answer));
    }
    found.clear();
    return response;
  }

  private static FetchableTopicResponse newTopic(FetchResponseData response, FetchKey key) {
    TopicId id = key.topicId();
    FetchableTopicResponse topic =
        new FetchableTopicResponse()
            .setTopic(key.topic() == null ? "" : key.topic())
            .setTopicId(new Uuid(id.mostSignificantBits(), id.leastSignificantBits()));
    response.responses().add(topic);
    return topic;
  }

  private List<AbortedTransaction> toAborted(FetchAnswer answer) {
    if (!readCommitted) {
      return null;
    }
    return answer.aborted() == null
        ? List.of()
        : answer.aborted().stream()
            .map(
                each ->
                    new AbortedTransaction()
                        .setProducerId(each.producerId())
                        .setFirstOffset(each.firstOffset()))
            .toList();
  }

  private PartitionData toData(FetchResponseData response, FetchKey key, FetchAnswer answer) {
    PartitionData data =
        new PartitionData()
            .setPartitionIndex(key.partition())
            .setErrorCode(answer.error().code())
            .setHighWatermark(answer.highWatermark())
            .setLastStableOffset(answer.lastStableOffset())
            .setLogStartOffset(answer.logStartOffset())
            .setAbortedTransactions(toAborted(answer))
            .setRecords(
                answer.slice() == null ? MemoryRecords.EMPTY : new SliceRecords(answer.slice()));
    if (answer.preferredReplica() >= 0) {
      data.setPreferredReadReplica(answer.preferredReplica());
    }
    if (answer.diverging() != null) {
      data.setDivergingEpoch(
          new EpochEndOffset()
              .setEpoch(answer.diverging().leaderEpoch())
              .setEndOffset(answer.diverging().endOffset()));
    }
    boolean elsewhere =
        answer.error() == Errors.NOT_LEADER_OR_FOLLOWER
            || answer.error() == Errors.FENCED_LEADER_EPOCH;
    if (elsewhere && context.version() >= FIRST_VERSION_WITH_LEADER) {
      nameLeader(response, data, key, answer);
    }
    return data;
  }

  /** KIP-951: the newer of what the replica knows and what the image has. */
  private void nameLeader(
      FetchResponseData response, PartitionData data, FetchKey key, FetchAnswer answer) {
    TopicImage topic =
        session.usesTopicIds()
            ? context.image().topic(key.topicId())
            : context.image().topic(key.topic());
    CurrentLeader leader = CurrentLeader.of(context, topic, key.partition());
    boolean newer = leader.leaderEpoch() > answer.leaderEpoch() || answer.leaderId() < 0;
    data.setCurrentLeader(
        new LeaderIdAndEpoch()
            .setLeaderId(newer ? leader.nodeId() : answer.leaderId())
            .setLeaderEpoch(newer ? leader.leaderEpoch() : answer.leaderEpoch()));
    int named = data.currentLeader().leaderId();
    ReachableBrokers.Reached broker =
        named < 0 || context.version() < FIRST_VERSION_WITH_ENDPOINTS
            ? null
            : ReachableBrokers.reached(context.newestImage(), context, named);
    if (broker != null && response.nodeEndpoints().find(named) == null) {
      response
          .nodeEndpoints()
          .add(
              new NodeEndpoint()
                  .setNodeId(named)
                  .setHost(broker.host())
                  .setPort(broker.port())
                  .setRack(broker.rack()));
    }
  }
}
