package io.millrace.telemetry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/**
 * The client instances that this node has heard of (KIP-714): who may ask and push when, as Kafka
 * decides it, and what they have pushed. An instance is forgotten with its connection, after three
 * silent intervals, and when there are too many, whoever was silent for the longest time.
 *
 * <p>Owner: one loop, that of who made it.
 */
public final class ClientInstances {
  /** Instances at one time; as many as Kafka keeps. */
  static final int MAX_INSTANCES = 16_384;

  /** Series of one instance. */
  static final int MAX_SERIES_OF_ONE = 2_000;

  /** Series of all. */
  static final int MAX_SERIES = 50_000;

  /** Memory that all of them may take, with the attributes of the instances themselves. */
  static final long MAX_SERIES_BYTES = 64L << 20;

  /**
   * What an instance is asked for.
   *
   * @param error NONE or THROTTLING_QUOTA_EXCEEDED; then nothing else is meant
   *     <p>Owner: immutable.
   */
  public record Asked(
      Errors error, Uuid instanceId, int subscriptionId, int intervalMs, List<String> metrics) {}

  private final int maxBytes;

  // The one that was silent for the longest time comes first.
  private final LinkedHashMap<Uuid, ClientInstance> instances =
      new LinkedHashMap<>(16, 0.75f, true);
  private final Map<Object, Uuid> byConnection = new HashMap<>();
  private Subscriptions subscriptions = Subscriptions.NONE;
  // Invariant: the sum of the instances' series.
  private int series;
  // Invariant: the sum of the instances' bytes.
  private long bytes;

  /**
   * Nobody yet.
   *
   * @param maxBytes {@code telemetry.max.bytes}
   */
  public ClientInstances(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** The subscriptions are now these. */
  public void subscriptions(Subscriptions now) {
    subscriptions = now;
  }

  /**
   * An instance asks what it is to push.
   *
   * @param client with the id that it has or, as it has none, a new one
   * @param connection it came by: any object, compared by identity
   * @param wallMs wall time
   */
  public Asked get(ClientTraits client, Object connection, long nowMs, long wallMs) {
    ClientInstance instance = instance(client, connection, nowMs, wallMs);
    if (!instance.mayGet(nowMs)) {
      return new Asked(Errors.THROTTLING_QUOTA_EXCEEDED, Uuid.ZERO_UUID, 0, 0, List.of());
    }
    instance.lastError(Errors.NONE);
    return new Asked(
        Errors.NONE,
        client.instanceId(),
        instance.subscriptionId(),
        instance.intervalMs(),
        instance.metrics());
  }

  /**
   * Whether an instance may push: NONE, and what it pushes is to be decoded and {@link #take
   * taken}, or the error for it.
   */
  public Errors checkPush(
      PushHead head, ClientTraits client, Object connection, long nowMs, long wallMs) {
    if (Uuid.RESERVED.contains(client.instanceId())) {
      return Errors.INVALID_REQUEST;
    }
    ClientInstance instance = instance(client, connection, nowMs, wallMs);
    Errors error = instance.checkPush(head, maxBytes, nowMs);
    instance.lastError(error);
    instance.terminating(head.terminating());
    return error;
  }

  /** What an instance pushed was no metrics. */
  public void refuse(Uuid instanceId, Errors error) {
    ClientInstance instance = instances.get(instanceId);
    if (instance != null) {
      instance.lastError(error);
    }
  }

  /**
   * Takes what an instance has pushed; one that is gone meanwhile has pushed in vain.
   *
   * @return points that are not kept, although they could be shown
   */
  public int take(Uuid instanceId, Push push, long wallMs) {
    ClientInstance instance = instances.get(instanceId);
    if (instance == null) {
      return 0;
    }
    int others = series - instance.seriesCount();
    long bytesOfOthers = bytes - instance.bytes();
    int room = Math.min(MAX_SERIES_OF_ONE, MAX_SERIES - others);
    int dropped = instance.take(push, room, MAX_SERIES_BYTES - bytesOfOthers, wallMs);
    series = others + instance.seriesCount();
    bytes = bytesOfOthers + instance.bytes();
    return dropped;
  }

  private ClientInstance instance(ClientTraits client, Object connection, long nowMs, long wallMs) {
    ClientInstance instance = instances.get(client.instanceId());
    if (instance == null) {
      if (instances.size() == MAX_INSTANCES) {
        remove(instances.keySet().iterator().next());
      }
      instance = new ClientInstance(client, connection, wallMs);
      instances.put(client.instanceId(), instance);
    } else if (instance.connection() != connection) {
      byConnection.remove(instance.connection(), client.instanceId());
    }
    byConnection.put(connection, client.instanceId());
    instance.heard(client, connection, subscriptions, nowMs);
    return instance;
  }

  /** A connection has ended, and with it the instance that used it last. */
  public void disconnected(Object connection) {
    Uuid id = byConnection.get(connection);
    if (id != null) {
      remove(id);
    }
    byConnection.remove(connection);
  }

  /** Forgets who was silent for too long. */
  public void expire(long nowMs) {
    List<Uuid> expired = new ArrayList<>();
    instances.forEach(
        (id, instance) -> {
          if (instance.isExpired(nowMs)) {
            expired.add(id);
          }
        });
    expired.forEach(this::remove);
  }

  private void remove(Uuid id) {
    ClientInstance removed = instances.remove(id);
    series -= removed.seriesCount();
    bytes -= removed.bytes();
    byConnection.remove(removed.connection(), id);
  }

  /** All instances as they are now, by the time that they were last heard of. */
  public List<ClientView> views() {
    List<ClientView> views = new ArrayList<>(instances.size());
    for (ClientInstance instance : instances.values()) {
      views.add(instance.view());
    }
    return views;
  }
}
