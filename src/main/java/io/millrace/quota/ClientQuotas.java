package io.millrace.quota;

import io.millrace.metadata.QuotaEntity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The quotas of clients on this node: which ones hold, and what was used of them. Connections of
 * one client live on several loops and share what they use (decision 0037).
 *
 * <p>Owner: any thread.
 */
public final class ClientQuotas {
  /** Who connects without saying who it is; all do, as yet. */
  public static final String ANONYMOUS = "ANONYMOUS";

  /**
   * Of so many users and client ids apart it is known what they use: those that come on top share
   * one quota of each kind. So a client that makes up ids fills no memory.
   */
  static final int MAX_USAGES = 20_000;

  /**
   * Characters of a client id of which it is known what it uses; longer ones share a quota too. On
   * the wire an id can have 32,767.
   */
  static final int MAX_ID_LENGTH = 256;

  private static final QuotaEntity ALL_OTHERS =
      new QuotaEntity(QuotaEntity.Name.DEFAULT, null, null);
  private static final long KEPT_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** What holds from one change to the next. */
  record Generation(QuotaPlan plan, QuotaWindows windows, QuotaWindows ofController) {
    QuotaWindows windows(QuotaKey key) {
      return key == QuotaKey.CONTROLLER_MUTATION_RATE ? ofController : windows;
    }
  }

  private record Key(QuotaKey key, QuotaEntity sharing) {}

  /**
   * What is used of a quota, for people.
   *
   * @param limit per second; of request_percentage in percent
   * @param rate in the same unit
   * @param tokens permits that are left; NaN = the quota is not on permits
   * @param throttles how often somebody was held back
   * @param throttledMs for how long altogether
   */
  public record Figures(
      QuotaKey key,
      QuotaEntity sharing,
      double limit,
      double rate,
      double tokens,
      long throttles,
      long throttledMs) {}

  private final ConcurrentHashMap<Key, Usage> usages = new ConcurrentHashMap<>();
  private volatile Generation now;
  private volatile boolean none = true;
  private volatile long sweptNanos;

  /** No quotas yet. */
  public ClientQuotas(QuotaWindows windows, QuotaWindows ofController) {
    this.now = new Generation(QuotaPlan.EMPTY, windows, ofController);
  }

  /** Takes what is set from now on; for one caller at a time. */
  public void update(Map<QuotaEntity, ? extends Map<String, Double>> quotas) {
    QuotaPlan plan = new QuotaPlan(quotas);
    now = new Generation(plan, now.windows(), now.ofController());
    none = plan.isEmpty();
    usages.forEach(
        (key, usage) -> {
          if (limit(plan, usage) == Double.MAX_VALUE && usages.remove(key, usage)) {
            usage.forget();
          }
        });
  }

  /** What was set last. */
  public QuotaPlan plan() {
    return now.plan();
  }

  /**
   * The quotas of a client, and what it has used.
   *
   * @param before what the connection had at its last request
   * @param clientId null = it has none
   */
  public ClientUse of(ClientUse before, String user, String clientId, long nowNanos) {
    if (none) {
      return ClientUse.NONE;
    }
    Generation generation = now;
    String id = clientId == null ? "" : clientId;
    return before != ClientUse.NONE && before.holds(generation, user, id)
        ? before
        : resolve(generation, user, id, nowNanos);
  }

  private ClientUse resolve(Generation generation, String user, String id, long nowNanos) {
    Map<QuotaKey, ClientUse.Held> held = new EnumMap<>(QuotaKey.class);
    for (QuotaKey key : QuotaKey.values()) {
      QuotaPlan.Limit limit = key.ofAddresses() ? null : generation.plan().limit(key, user, id);
      if (limit != null) {
        held.put(key, new ClientUse.Held(usage(generation, key, limit, nowNanos), limit.value()));
      }
    }
    return new ClientUse(generation, user, id, held);
  }

  private Usage usage(Generation generation, QuotaKey key, QuotaPlan.Limit limit, long nowNanos) {
    Key wanted = new Key(key, isTooLong(limit.sharing()) ? ALL_OTHERS : limit.sharing());
    Usage known = usages.get(wanted);
    if (known != null) {
      return known;
    }
    if (usages.size() >= MAX_USAGES) {
      sweepSoon(nowNanos);
      wanted = usages.size() < MAX_USAGES ? wanted : new Key(key, ALL_OTHERS);
    }
    return usages.computeIfAbsent(
        wanted, any -> new Usage(key, any.sharing(), generation.windows(key), nowNanos));
  }

  private static boolean isTooLong(QuotaEntity sharing) {
    return sharing.clientId() != null && sharing.clientId().value().length() > MAX_ID_LENGTH;
  }

  private void sweepSoon(long nowNanos) {
    if (nowNanos - sweptNanos > SWEEP_NANOS) {
      sweptNanos = nowNanos;
      forget(0, nowNanos);
    }
  }

  /** Forgets who has used nothing for an hour; to be called every minute or so. */
  public void forgetIdle(long nowNanos) {
    forget(KEPT_NANOS, nowNanos);
  }

  private void forget(long unusedNanos, long nowNanos) {
    usages.forEach(
        (key, usage) -> {
          if (usage.unusedFor(unusedNanos, nowNanos)
              && usage.isIdle(limit(now.plan(), usage), nowNanos)
              && usages.remove(key, usage)) {
            usage.forget();
          }
        });
  }

  /** How many users and client ids are told apart. */
  public int size() {
    return usages.size();
  }

  private static double limit(QuotaPlan plan, Usage usage) {
    QuotaEntity sharing = usage.sharing;
    QuotaPlan.Limit limit =
        plan.limit(
            usage.key,
            sharing.user() == null || sharing.user().isDefault()
                ? ANONYMOUS
                : sharing.user().value(),
            sharing.clientId() == null ? "" : sharing.clientId().value());
    return limit == null ? Double.MAX_VALUE : limit.value();
  }

  /**
   * What is used, most throttled first.
   *
   * @param max no more than so many
   */
  public List<Figures> figures(int max, long nowNanos) {
    List<Figures> all = new ArrayList<>();
    QuotaPlan plan = now.plan();
    for (Usage usage : usages.values()) {
      double limit = limit(plan, usage);
      double rate = usage.rate.perSecond(nowNanos);
      all.add(
          new Figures(
              usage.key,
              usage.sharing,
              limit,
              usage.key == QuotaKey.REQUEST_PERCENTAGE ? rate / 1e7 : rate,
              usage.bucket == null ? Double.NaN : usage.bucket.tokens(limit, nowNanos),
              usage.throttles(),
              usage.throttledMs()));
    }
    all.sort(
        Comparator.comparingLong(Figures::throttledMs)
            .reversed()
            .thenComparing(Figures::key)
            .thenComparing(figures -> figures.sharing().toString()));
    return all.size() <= max ? all : List.copyOf(all.subList(0, max));
  }
}
