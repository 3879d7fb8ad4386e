package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.TopicPartition;

/**
 * Java consumers that share a group in this JVM, in whichever protocols.
 *
 * <p>Owner: the test's thread.
 */
final class ConsumerGroup implements AutoCloseable {
  private final Clients clients;
  private final Map<String, Object> config = new HashMap<>();
  private final Ownership ownership = new Ownership();
  private final List<GroupMember> members = new ArrayList<>();
  private Duration commitWithin = Clients.PATIENCE;
  private boolean eachAtItsOwnPace;

  /**
   * An empty group that reads from the beginning.
   *
   * @param config what differs from the clients' defaults, for each member
   */
  ConsumerGroup(Clients clients, String id, Map<String, ?> config) {
    this.clients = clients;
    this.config.put("group.id", id);
    this.config.put("auto.offset.reset", "earliest");
    this.config.put("heartbeat.interval.ms", 200);
    this.config.put("retry.backoff.ms", 20);
    this.config.put("reconnect.backoff.ms", 20);
    this.config.put("reconnect.backoff.max.ms", 100);
    this.config.putAll(config);
  }

  /** Members who join from now on may wait longer for an answer to a commit. */
  ConsumerGroup commitWithin(Duration within) {
    commitWithin = within;
    return this;
  }

  GroupMember join(String name, String... topics) {
    return join(name, Map.of(), (c, listener) -> c.subscribe(List.of(topics), listener));
  }

  /**
   * A member with settings of its own, such as another protocol.
   *
   * @param settings over those of the group
   */
  GroupMember joinWith(String name, Map<String, ?> settings, String topic) {
    return join(name, settings, (c, listener) -> c.subscribe(List.of(topic), listener));
  }

  /** The node looks which topics match (KIP-848). */
  GroupMember joinByRegex(String name, String regex) {
    return join(
        name, Map.of(), (c, listener) -> c.subscribe(new SubscriptionPattern(regex), listener));
  }

  GroupMember joinByPattern(String name, Pattern pattern) {
    return join(name, Map.of(), (c, listener) -> c.subscribe(pattern, listener));
  }

  /** A static member: its name is its group.instance.id. */
  GroupMember joinAs(String instance, String topic) {
    return join(
        instance,
        Map.of("group.instance.id", instance),
        (c, listener) -> c.subscribe(List.of(topic), listener));
  }

  private GroupMember join(
      String name,
      Map<String, ?> more,
      BiConsumer<KafkaConsumer<byte[], byte[]>, ConsumerRebalanceListener> subscribe) {
    Map<String, Object> all = new HashMap<>(config);
    all.put("client.id", name);
    all.putAll(more);
    if ("consumer".equals(all.get("group.protocol"))) {
      eachAtItsOwnPace = true;
      // Clients refuse what the node decides on in this protocol.
      all.keySet().removeAll(Set.of("heartbeat.interval.ms", "session.timeout.ms"));
    }
    GroupMember member =
        new GroupMember(name, clients.consumer(all), commitWithin, ownership, subscribe);
    members.add(member);
    return member;
  }

  Ownership ownership() {
    return ownership;
  }

  /** All numbers that members have read, those of former members included. */
  Set<Integer> numbers() {
    return members.stream().flatMap(m -> m.numbers().stream()).collect(Collectors.toSet());
  }

  void awaitNumbers(int count) {
    Await.until(
        () -> count + " numbers read by " + config.get("group.id") + ", failures: " + failures(),
        Clients.PATIENCE,
        () -> numbers().size() >= count);
  }

  /** Three members come, and one goes, while 900 numbers are read and committed. */
  void shareTheWork(Clients clients, String topic, int partitions) throws Exception {
    join("a", topic);
    awaitBalanced(partitions);
    join("b", topic);
    GroupMember last = join("c", topic);
    awaitBalanced(partitions);

    Numbers.produce(clients, topic, partitions, 0, 600);
    awaitNumbers(600);
    last.leave();
    awaitBalanced(partitions);
    Numbers.produce(clients, topic, partitions, 600, 900);
    awaitNumbers(900);

    Numbers.assertAllBelow(900, numbers());
    Await.until("all is committed", Clients.PATIENCE, () -> clients.committedInAll(topic) == 900);
  }

  /** What ended members before they were asked to. */
  List<Throwable> failures() {
    return members.stream().map(GroupMember::failure).filter(Objects::nonNull).toList();
  }

  /** Waits until the active members share the given number of partitions evenly. */
  void awaitBalanced(int partitions) {
    awaitBalanced(partitions, Clients.PATIENCE);
  }

  void awaitBalanced(int partitions, Duration within) {
    Await.until(
        partitions + " partitions are shared evenly in " + config.get("group.id"),
        within,
        () -> isBalanced(partitions));
  }

  private boolean isBalanced(int partitions) {
    List<GroupMember> active = members.stream().filter(GroupMember::isActive).toList();
    Set<TopicPartition> all = new HashSet<>();
    active.forEach(member -> all.addAll(member.owned()));
    List<Integer> sizes = active.stream().map(member -> member.owned().size()).sorted().toList();
    return all.size() == partitions
        && sizes.stream().mapToInt(Integer::intValue).sum() == partitions
        && sizes.get(sizes.size() - 1) - sizes.get(0) <= 1
        && (eachAtItsOwnPace
            || active.stream().map(GroupMember::generation).distinct().count() == 1);
  }

  /** Fails when a member ended by itself, or a partition ever had two owners. */
  void assertInOrder() {
    assertThat(members).extracting(GroupMember::failure).containsOnlyNulls();
    ownership.assertSingle();
  }

  @Override
  public void close() {
    members.forEach(GroupMember::close);
  }
}
