package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.consumer.MemberMetadata.Subscription;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * How many members of a group subscribed to what.
 *
 * <p>Invariant: a number is that of the members added and not removed; none is 0.
 *
 * <p>Owner: partition loop.
 */
final class SubscriptionCounts {
  private final Map<String, Integer> names = new HashMap<>();
  private final Map<String, Integer> regexes = new HashMap<>();

  SubscriptionCounts() {}

  SubscriptionCounts(SubscriptionCounts other) {
    names.putAll(other.names);
    regexes.putAll(other.regexes);
  }

  void add(Subscription subscription) {
    subscription.names().forEach(name -> names.merge(name, 1, Integer::sum));
    if (subscription.hasRegex()) {
      regexes.merge(subscription.regex(), 1, Integer::sum);
    }
  }

  void remove(Subscription subscription) {
    subscription.names().forEach(name -> names.computeIfPresent(name, SubscriptionCounts::less));
    regexes.computeIfPresent(subscription.regex(), SubscriptionCounts::less);
  }

  private static Integer less(String key, int count) {
    return count == 1 ? null : count - 1;
  }

  Set<String> names() {
    return Collections.unmodifiableSet(names.keySet());
  }

  Set<String> regexes() {
    return Collections.unmodifiableSet(regexes.keySet());
  }

  int ofRegex(String regex) {
    return regexes.getOrDefault(regex, 0);
  }
}
