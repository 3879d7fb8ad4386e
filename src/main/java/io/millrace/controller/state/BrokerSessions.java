package io.millrace.controller.state;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When the controller last heard of each broker, and what it said. Lives in the memory of the
 * active controller only: a new one starts with full sessions, so that a change of the controller
 * fences nobody.
 *
 * <p>Owner: controller context.
 */
public final class BrokerSessions {
  /** No offset was heard of. */
  public static final long UNKNOWN = -1;

  private static final class Session {
    private final long epoch;
    private long heardMs;
    private boolean lost;
    // Not only granted its time by a new term.
    private boolean known;
    private long metadataOffset = UNKNOWN;
    private long stopsAfter = UNKNOWN;

    private Session(long epoch, long nowMs) {
      this.epoch = epoch;
      this.heardMs = nowMs;
    }

    private boolean isOver(long nowMs, long timeoutMs) {
      return lost || nowMs - heardMs >= timeoutMs;
    }
  }

  private final long timeoutMs;
  private final Map<Integer, Session> sessions = new HashMap<>();

  /**
   * No sessions yet.
   *
   * @param timeoutMs {@code broker.session.timeout.ms}
   */
  public BrokerSessions(long timeoutMs) {
    this.timeoutMs = timeoutMs;
  }

  /** Forgets everything. */
  public void clear() {
    sessions.clear();
  }

  /** A session begins, with its full time: a registration, or a broker that a new term finds. */
  public void begin(int nodeId, long epoch, long nowMs) {
    sessions.put(nodeId, new Session(epoch, nowMs));
  }

  /** A heartbeat of this registration. */
  public void heard(int nodeId, long epoch, long metadataOffset, long nowMs) {
    Session session = sessions.get(nodeId);
    if (session == null || session.epoch != epoch) {
      session = new Session(epoch, nowMs);
      sessions.put(nodeId, session);
    }
    session.heardMs = nowMs;
    session.lost = false;
    session.known = true;
    session.metadataOffset = Math.max(session.metadataOffset, metadataOffset);
  }

  /** The session is over before its time: the broker is known to be away. */
  public void lose(int nodeId) {
    Session session = sessions.get(nodeId);
    if (session != null) {
      session.lost = true;
    }
  }

  /** Forgets a session: the broker is fenced. */
  public void end(int nodeId) {
    sessions.remove(nodeId);
  }

  /** Whether the broker was heard of within the timeout. */
  public boolean isAlive(int nodeId, long nowMs) {
    Session session = sessions.get(nodeId);
    return session != null && !session.isOver(nowMs, timeoutMs);
  }

  /**
   * Whether the broker was heard of in this term, and less than half of the timeout ago: brokers
   * that lose their power together fall silent together, and yet their sessions end one after the
   * other.
   */
  public boolean isHeard(int nodeId, long nowMs) {
    Session session = sessions.get(nodeId);
    return session != null && session.known && !session.isOver(nowMs, timeoutMs / 2);
  }

  /** Brokers whose session is over; each is named until it begins anew or ends. */
  public List<Integer> expired(long nowMs) {
    List<Integer> expired = new ArrayList<>();
    sessions.forEach(
        (nodeId, session) -> {
          if (session.isOver(nowMs, timeoutMs)) {
            expired.add(nodeId);
          }
        });
    return expired;
  }

  /** Offset that the broker's image has reached, in this registration; {@link #UNKNOWN}. */
  public long metadataOffset(int nodeId, long epoch) {
    Session session = sessions.get(nodeId);
    return session == null || session.epoch != epoch ? UNKNOWN : session.metadataOffset;
  }

  /**
   * The broker may stop when the others know what is at this offset.
   *
   * @return the offset, which is that of the first call in this registration
   */
  public long stopsAfter(int nodeId, long epoch, long offset) {
    Session session = sessions.get(nodeId);
    if (session == null || session.epoch != epoch) {
      return offset;
    }
    if (session.stopsAfter == UNKNOWN) {
      session.stopsAfter = offset;
    }
    return session.stopsAfter;
  }
}
