package io.millrace.telemetry;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.kafka.common.protocol.Errors;

/**
 * One client instance: what it is asked for, when it may ask and push, and what it has pushed.
 * Times are in ms of a clock that does not jump, unless they are wall times.
 *
 * <p>Owner: that of {@link ClientInstances}.
 */
final class ClientInstance {
  /** An instance that was silent for so long is forgotten, or for three of its intervals. */
  private static final long LEAST_EXPIRY_MS = 60_000;

  private static final long NEVER = Long.MIN_VALUE / 2;

  private final long sinceWallMs;
  private final ClientSeries series = new ClientSeries();
  private ClientTraits traits;
  private Object connection;
  private Subscriptions subscriptions;
  private Subscriptions.Wanted wanted;
  private int subscriptionId;
  private long lastGetMs = NEVER;
  private long lastPushMs = NEVER;
  private boolean terminating;
  private Errors lastError = Errors.NONE;
  private long expiresAtMs;
  private long lastPushWallMs = -1;
  private Map<String, String> resource = Map.of();
  // null = something has changed since.
  private ClientView view;

  ClientInstance(ClientTraits traits, Object connection, long sinceWallMs) {
    this.traits = traits;
    this.connection = connection;
    this.sinceWallMs = sinceWallMs;
  }

  /** It has sent a request. */
  void heard(ClientTraits now, Object over, Subscriptions current, long nowMs) {
    if (subscriptions != current) {
      // As if it were new: it may ask at once, and is told that its subscription is another.
      lastGetMs = NEVER;
      lastPushMs = NEVER;
      terminating = false;
      lastError = Errors.NONE;
    }
    if (subscriptions != current || !traits.equals(now)) {
      traits = now;
      subscriptions = current;
      wanted = current.wantedOf(now);
      subscriptionId = checksum();
      view = null;
    }
    connection = over;
    expiresAtMs = nowMs + Math.max(LEAST_EXPIRY_MS, 3L * wanted.intervalMs());
  }

  /** Kafka's: of what is asked for, together with the instance. */
  private int checksum() {
    CRC32C crc = new CRC32C();
    crc.update(
        (wanted.metrics().toString() + wanted.intervalMs()).getBytes(StandardCharsets.UTF_8));
    return (int) crc.getValue() ^ traits.instanceId().hashCode();
  }

  /** Whether it may ask for its subscription now. */
  boolean mayGet(long nowMs) {
    if (nowMs - Math.max(lastGetMs, lastPushMs) >= wanted.intervalMs()) {
      lastGetMs = nowMs;
      return true;
    }
    return lastError == Errors.UNKNOWN_SUBSCRIPTION_ID
        || lastError == Errors.UNSUPPORTED_COMPRESSION_TYPE;
  }

  /** Whether it may push now; NONE = it may. */
  Errors checkPush(PushHead head, int maxBytes, long nowMs) {
    if (terminating) {
      return Errors.INVALID_REQUEST;
    }
    boolean inTime = lastGetMs > lastPushMs || nowMs - lastPushMs >= wanted.intervalMs();
    if (inTime) {
      lastPushMs = nowMs;
    } else if (!head.terminating()) {
      return Errors.THROTTLING_QUOTA_EXCEEDED;
    }
    if (head.subscriptionId() != subscriptionId) {
      return Errors.UNKNOWN_SUBSCRIPTION_ID;
    }
    if (!head.knownCompression()) {
      return Errors.UNSUPPORTED_COMPRESSION_TYPE;
    }
    return head.bytes() > maxBytes ? Errors.TELEMETRY_TOO_LARGE : Errors.NONE;
  }

  void terminating(boolean now) {
    terminating = now;
  }

  void lastError(Errors error) {
    if (lastError != error) {
      lastError = error;
      view = null;
    }
  }

  /**
   * Takes what it has pushed, with room for so many series and bytes; returns the points without
   * any. Its own attributes are left out when there is none for them.
   */
  int take(Push push, int room, long roomBytes, long wallMs) {
    int ofResource = Series.bytesOf(push.resource());
    resource = ofResource + series.bytes() <= roomBytes ? push.resource() : Map.of();
    lastPushWallMs = wallMs;
    view = null;
    return series.take(push, room, roomBytes - Series.bytesOf(resource)) + push.dropped();
  }

  /** Memory that what it has pushed takes. */
  long bytes() {
    return Series.bytesOf(resource) + series.bytes();
  }

  int seriesCount() {
    return series.size();
  }

  Object connection() {
    return connection;
  }

  boolean isExpired(long nowMs) {
    return nowMs >= expiresAtMs;
  }

  int subscriptionId() {
    return subscriptionId;
  }

  int intervalMs() {
    return wanted.intervalMs();
  }

  List<String> metrics() {
    return List.copyOf(wanted.metrics());
  }

  ClientView view() {
    if (view == null) {
      view =
          new ClientView(
              traits,
              wanted.names(),
              metrics(),
              wanted.intervalMs(),
              sinceWallMs,
              lastPushWallMs,
              lastError == Errors.NONE ? null : lastError.name(),
              resource,
              series.list());
    }
    return view;
  }
}
