package io.millrace.telemetry;

import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * All subscriptions of the cluster at one image.
 *
 * <p>Owner: immutable.
 */
public final class Subscriptions {
  /** There is none. */
  public static final Subscriptions NONE = new Subscriptions(List.of());

  private final List<Subscription> all;

  Subscriptions(List<Subscription> all) {
    this.all = List.copyOf(all);
  }

  /**
   * What a client is asked for.
   *
   * @param metrics prefixes of names, {@link Subscription#ALL} alone for every one; empty = none
   * @param names of the subscriptions that match
   *     <p>Owner: immutable.
   */
  record Wanted(SortedSet<String> metrics, int intervalMs, List<String> names) {}

  /**
   * Those of an image. What a newer version let in and this one does not understand is left out.
   */
  public static Subscriptions of(ClusterImage image) {
    List<Subscription> all = new ArrayList<>();
    for (ConfigResource resource : image.configured()) {
      if (resource.type() == ConfigResource.Type.CLIENT_METRICS) {
        subscription(resource.name(), image.configs(resource)).ifPresent(all::add);
      }
    }
    all.sort(Comparator.comparing(Subscription::name));
    return new Subscriptions(all);
  }

  private static Optional<Subscription> subscription(String name, Map<String, String> configs) {
    try {
      return Optional.of(Subscription.of(name, configs));
    } catch (SubscriptionException e) {
      return Optional.empty();
    }
  }

  /** Everything that one of the matching subscriptions wants, as often as the most eager one. */
  Wanted wantedOf(ClientTraits client) {
    SortedSet<String> metrics = new TreeSet<>();
    List<String> names = new ArrayList<>();
    int intervalMs = Subscription.DEFAULT_INTERVAL_MS;
    for (Subscription subscription : all) {
      if (subscription.matches(client)) {
        names.add(subscription.name());
        metrics.addAll(subscription.metrics());
        intervalMs = Math.min(intervalMs, subscription.intervalMs());
      }
    }
    if (metrics.contains(Subscription.ALL)) {
      metrics.clear();
      metrics.add(Subscription.ALL);
    }
    return new Wanted(metrics, intervalMs, List.copyOf(names));
  }
}
