package io.millrace.api.fetch;

import io.millrace.api.ConnectionState;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.model.TopicId;
import io.millrace.partition.Follower;
import io.millrace.partition.PartitionTable;
import io.millrace.protocol.WireIds;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.function.IntSupplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * Fetch: finds or makes the session (KIP-227) and starts the call.
 *
 * <p>Owner: any thread.
 */
public final class FetchHandler implements RequestHandler {
  private static final int FINAL_EPOCH = -1;
  private static final int INITIAL_EPOCH = 0;
  private static final short FIRST_VERSION_WITH_RACK = 11;
  private static final short FIRST_VERSION_WITH_IDS = 13;

  /** Who may ask. */
  public enum Readers {
    /** On the listeners of clients. */
    CONSUMERS,
    /** Other nodes, on the internal listener. */
    FOLLOWERS
  }

  private final Readers readers;
  private final PartitionTable partitions;
  private final FetchSessionSlots slots;
  private final IntSupplier nodeMaxBytes;
  // The maps are never changed after construction; each wheel belongs to its loop.
  private final IdentityHashMap<Loop, DeadlineWheel> deadlines = new IdentityHashMap<>();

  /**
   * A handler for connections on these loops.
   *
   * @param nodeMaxBytes {@code fetch.max.bytes}
   */
  public FetchHandler(
      Readers readers,
      PartitionTable partitions,
      FetchSessionSlots slots,
      IntSupplier nodeMaxBytes,
      Collection<? extends Loop> loops,
      Clock clock) {
    this.readers = readers;
    this.partitions = partitions;
    this.slots = slots;
    this.nodeMaxBytes = nodeMaxBytes;
    loops.forEach(loop -> deadlines.put(loop, new DeadlineWheel(loop, clock)));
  }

  /** Fetches that wait for bytes now; from any thread. */
  public int parkedFetches() {
    return deadlines.values().stream().mapToInt(DeadlineWheel::size).sum();
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.FETCH;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    FetchRequestData request = (FetchRequestData) message;
    int replica = Math.max(request.replicaId(), request.replicaState().replicaId());
    boolean allowed =
        readers == Readers.CONSUMERS ? replica < 0 : replica >= 0 && replica == context.peer();
    if (!allowed) {
      refuse(context, Errors.CLUSTER_AUTHORIZATION_FAILED);
      return;
    }
    FetchSession session;
    boolean full = true;
    ConnectionState connection = context.connection();
    FetchSession current = (FetchSession) connection.fetchSession();
    if (request.sessionEpoch() == FINAL_EPOCH) {
      end(connection, current);
      session = newSession(context, FetchSession.NO_SESSION);
    } else if (request.sessionEpoch() == INITIAL_EPOCH) {
      end(connection, current);
      session = open(context);
    } else {
      Errors problem = checkSession(context, request, current);
      if (problem != Errors.NONE) {
        refuse(context, problem);
        return;
      }
      session = current;
      session.advanceEpoch();
      full = false;
      forget(session, request);
    }
    if (readers == Readers.FOLLOWERS) {
      session.follower(new Follower(replica, request.replicaState().replicaEpoch()));
    }
    session.rack(context.version() >= FIRST_VERSION_WITH_RACK ? request.rackId() : null);
    update(session, request);
    long fits = Math.min(context.use().maxFetchBytes(), nodeMaxBytes.getAsInt());
    int maxBytes = (int) Math.max(0, Math.min(request.maxBytes(), fits));
    DeadlineWheel wheel = deadlines.get(context.loop());
    new FetchCall(context, session, partitions, wheel, full, request, maxBytes).start();
  }

  private static Errors checkSession(
      RequestContext context, FetchRequestData request, FetchSession session) {
    if (session == null || session.id() != request.sessionId()) {
      return Errors.FETCH_SESSION_ID_NOT_FOUND;
    }
    if (session.nextEpoch() != request.sessionEpoch()) {
      return Errors.INVALID_FETCH_SESSION_EPOCH;
    }
    if (session.usesTopicIds() != (context.version() >= FIRST_VERSION_WITH_IDS)) {
      return Errors.FETCH_SESSION_TOPIC_ID_ERROR;
    }
    return Errors.NONE;
  }

  private FetchSession open(RequestContext context) {
    int id = slots.acquire();
    FetchSession session = newSession(context, id);
    if (id != FetchSession.NO_SESSION) {
      ConnectionState connection = context.connection();
      connection.fetchSession(session);
    }
    return session;
  }

  private FetchSession newSession(RequestContext context, int id) {
    FetchSession session =
        new FetchSession(id, context.version() >= FIRST_VERSION_WITH_IDS, context.loop());
    context.connection().onClose(session, () -> close(session));
    return session;
  }

  private void end(ConnectionState connection, FetchSession session) {
    if (session != null) {
      connection.fetchSession(null);
      connection.forget(session);
      close(session);
    }
  }

  private void close(FetchSession session) {
    if (session.close() && session.id() != FetchSession.NO_SESSION) {
      slots.release();
    }
  }

  private static void refuse(RequestContext context, Errors error) {
    context.reply(new FetchResponseData().setErrorCode(error.code()));
  }

  private static void forget(FetchSession session, FetchRequestData request) {
    for (ForgottenTopic topic : request.forgottenTopicsData()) {
      for (int partition : topic.partitions()) {
        session.remove(key(session, topic.topic(), topic.topicId(), partition));
      }
    }
  }

  private static void update(FetchSession session, FetchRequestData request) {
    for (FetchTopic topic : request.topics()) {
      for (FetchRequestData.FetchPartition wanted : topic.partitions()) {
        FetchPartition partition =
            session.getOrAdd(key(session, topic.topic(), topic.topicId(), wanted.partition()));
        partition.update(wanted);
        session.markDirty(partition);
      }
    }
  }

  private static FetchKey key(FetchSession session, String name, Uuid id, int partition) {
    return session.usesTopicIds()
        ? new FetchKey(WireIds.topicId(id), null, partition)
        : new FetchKey(TopicId.ZERO, name, partition);
  }
}
