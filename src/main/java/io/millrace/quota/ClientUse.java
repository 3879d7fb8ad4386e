package io.millrace.quota;

import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The quotas of one client, and what was used of them. A connection keeps it from request to
 * request and asks {@link ClientQuotas#of} whether it still holds; without quotas that is all that
 * they cost.
 *
 * <p>Throttle times are those of KIP-219: the client is answered at once, told to wait, and not
 * read from meanwhile.
 *
 * <p>Owner: immutable.
 */
public final class ClientUse {
  /** Of a client without quotas. */
  public static final ClientUse NONE = new ClientUse(null, null, null, Map.of());

  private static final double NANOS_PER_PERCENT = TimeUnit.SECONDS.toNanos(1) / 100.0;

  /**
   * One quota.
   *
   * @param limit per second, in the unit of what is counted
   */
  record Held(Usage usage, double limit) {
    /** Adds and says how long to wait. */
    long add(long amount, long nowNanos) {
      usage.add(amount, nowNanos);
      return usage.rate.throttleMs(limit, nowNanos);
    }
  }

  private final ClientQuotas.Generation generation;
  private final String user;
  private final String clientId;
  private final Held produce;
  private final Held fetch;
  private final Held request;
  private final Held mutations;

  ClientUse(
      ClientQuotas.Generation generation, String user, String clientId, Map<QuotaKey, Held> byKey) {
    this.generation = generation;
    this.user = user;
    this.clientId = clientId;
    this.produce = byKey.get(QuotaKey.PRODUCER_BYTE_RATE);
    this.fetch = byKey.get(QuotaKey.CONSUMER_BYTE_RATE);
    this.request = byKey.get(QuotaKey.REQUEST_PERCENTAGE);
    this.mutations = byKey.get(QuotaKey.CONTROLLER_MUTATION_RATE);
  }

  @SuppressWarnings("ReferenceEquality") // each change makes a new generation
  boolean holds(ClientQuotas.Generation now, String wantedUser, String wantedId) {
    return generation == now
        && clientId.equals(wantedId)
        && user.equals(wantedUser)
        && !isForgotten(produce)
        && !isForgotten(fetch)
        && !isForgotten(request)
        && !isForgotten(mutations);
  }

  private static boolean isForgotten(Held held) {
    return held != null && held.usage().isForgotten();
  }

  private static int told(Held held, long throttleMs) {
    if (throttleMs > 0) {
      held.usage().onThrottled(throttleMs);
    }
    return (int) Math.min(throttleMs, Integer.MAX_VALUE);
  }

  /** Counts a Produce request; how long its client is to wait, in ms. */
  public int produced(long bytes, long nowNanos) {
    return produce == null ? 0 : told(produce, produce.add(bytes, nowNanos));
  }

  /** So many bytes fit into all windows together: no answer to a Fetch should have more. */
  public long maxFetchBytes() {
    return fetch == null
        ? Long.MAX_VALUE
        : (long) Math.max(1, fetch.limit() * generation.windows().burstSeconds());
  }

  /**
   * Counts the records in an answer to a Fetch.
   *
   * @return how long the client is to wait, in ms; above 0 nothing was counted, and it must not get
   *     the records. What is too much by itself is let through when nothing else was fetched: it
   *     could never be fetched else
   */
  public int fetched(long bytes, long nowNanos) {
    if (fetch == null || bytes == 0) {
      return 0;
    }
    long throttleMs = fetch.add(bytes, nowNanos);
    if (throttleMs == 0 || fetch.usage().rate.used(nowNanos) <= bytes) {
      return 0;
    }
    fetch.usage().add(-bytes, nowNanos);
    return told(fetch, throttleMs);
  }

  /** Whether it must be measured how long requests take. */
  public boolean timesRequests() {
    return request != null;
  }

  /**
   * Counts the time of threads that a request has taken.
   *
   * @return how long the client is to wait, in ms; a window at most
   */
  public int spent(long nanos, long nowNanos) {
    if (request == null) {
      return 0;
    }
    request.usage().add(nanos, nowNanos);
    long throttleMs =
        request.usage().rate.throttleMs(request.limit() * NANOS_PER_PERCENT, nowNanos);
    return told(
        request, Math.min(throttleMs, TimeUnit.SECONDS.toMillis(generation.windows().seconds())));
  }

  /** Counts time that was taken after the answer. */
  public void spentLate(long nanos, long nowNanos) {
    if (request != null) {
      request.usage().add(nanos, nowNanos);
    }
  }

  /**
   * Takes permits for changes of so many partitions.
   *
   * @param strict whether it may be refused; else the client waits afterwards
   * @return whether the change may be made
   */
  public boolean mutate(int partitions, boolean strict, long nowNanos) {
    if (mutations == null) {
      return true;
    }
    Usage usage = mutations.usage();
    if (strict && !usage.bucket.tryTake(partitions, mutations.limit(), nowNanos)) {
      return false;
    }
    if (!strict) {
      usage.bucket.take(partitions, mutations.limit(), nowNanos);
    }
    usage.add(partitions, nowNanos);
    return true;
  }

  /** How long a client is to wait that was refused, or that owes permits; in ms. */
  public int mutationThrottleMs(long nowNanos) {
    return mutations == null
        ? 0
        : told(mutations, mutations.usage().bucket.throttleMs(mutations.limit(), nowNanos));
  }
}
