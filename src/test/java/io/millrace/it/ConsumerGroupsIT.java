package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnreleasedInstanceIdException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Java consumers share the work in groups of the consumer protocol (KIP-848), against a node in a
 * process of its own. The librdkafka that Debian packages (2.0) does not speak this protocol.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConsumerGroupsIT {
  /** Members hear quickly of what is new, and sessions may be short. */
  static final Map<String, String> PROMPT =
      Stream.concat(
              GroupsIT.PROMPT.entrySet().stream(),
              Map.of(
                  "group.consumer.min.heartbeat.interval.ms", "100",
                  "group.consumer.heartbeat.interval.ms", "200",
                  "group.consumer.assignment.interval.ms", "200",
                  "group.consumer.min.session.timeout.ms", "1000")
                  .entrySet()
                  .stream())
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

  private static final Map<String, String> CONSUMER = Map.of("group.protocol", "consumer");
  private static final Map<String, String> CLASSIC =
      Map.of("partition.assignment.strategy", RangeAssignor.class.getName());
  private static final Duration BUSY_MACHINE = Duration.ofSeconds(10);

  private BrokerProcess broker;
  private Clients clients;

  @BeforeAll
  void start(@TempDir Path dir) {
    broker = BrokerProcess.start(dir, PROMPT);
    clients = new Clients(broker);
  }

  @AfterAll
  void stop() {
    clients.close();
    broker.close();
  }

  private ConsumerGroup group(String id) {
    return new ConsumerGroup(clients, id, CONSUMER);
  }

  private ConsumerGroup group(String id, String assignor) {
    return new ConsumerGroup(
        clients, id, Map.of("group.protocol", "consumer", "group.remote.assignor", assignor));
  }

  @ParameterizedTest
  @ValueSource(strings = {"uniform", "range"})
  void shouldShareTheWork(String assignor) throws Exception {
    String topic = "shared-" + assignor;
    clients.createTopic(topic, 6);
    try (ConsumerGroup group = group(topic, assignor)) {
      group.shareTheWork(clients, topic, 6);
      assertThat(clients.describeGroup(topic).partitionAssignor()).isEqualTo(assignor);
      group.assertInOrder();
    }
  }

  @Test
  void shouldGiveAMemberTheSamePartitionsOfTwoTopicsByRange() throws Exception {
    clients.createTopic("orders", 4);
    clients.createTopic("payments", 4);
    try (ConsumerGroup group = group("joined", "range")) {
      GroupMember a = group.join("a", "orders", "payments");
      GroupMember b = group.join("b", "orders", "payments");
      group.awaitBalanced(8);

      for (GroupMember member : List.of(a, b)) {
        assertThat(numbers(member, "orders")).isEqualTo(numbers(member, "payments")).hasSize(2);
      }
      group.assertInOrder();
    }
  }

  private static Set<Integer> numbers(GroupMember member, String topic) {
    return member.owned().stream()
        .filter(partition -> partition.topic().equals(topic))
        .map(TopicPartition::partition)
        .collect(Collectors.toSet());
  }

  static Stream<Arguments> patterns() {
    BiFunction<ConsumerGroup, String, GroupMember> onTheNode =
        (group, regex) -> group.joinByRegex("a", regex);
    BiFunction<ConsumerGroup, String, GroupMember> inTheClient =
        (group, regex) -> group.joinByPattern("a", Pattern.compile(regex));
    return Stream.of(Arguments.of("node", onTheNode), Arguments.of("client", inTheClient));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("patterns")
  void shouldFollowAPatternToNewTopics(
      String who, BiFunction<ConsumerGroup, String, GroupMember> joining) throws Exception {
    String topic = who + "-metered-";
    clients.createTopic(topic + "1", 2);
    clients.createTopic("un" + topic, 2);
    Map<String, Object> settings = new HashMap<>(CONSUMER);
    settings.put("metadata.max.age.ms", 300);
    try (ConsumerGroup group = new ConsumerGroup(clients, topic, settings)) {
      GroupMember member = joining.apply(group, topic + ".*");
      group.awaitBalanced(2);

      clients.createTopic(topic + "2", 3);

      group.awaitBalanced(5);
      assertThat(member.owned())
          .extracting(TopicPartition::topic)
          .containsOnly(topic + "1", topic + "2");
      assertThat(member.given()).isEmpty();
      group.assertInOrder();
    }
  }

  @Test
  void shouldRebalanceNothingWhenAStaticMemberRestarts() throws Exception {
    clients.createTopic("static", 4);
    try (ConsumerGroup group = group("static")) {
      GroupMember other = group.joinAs("other", "static");
      GroupMember before = group.joinAs("restarted", "static");
      group.awaitBalanced(4);
      Set<TopicPartition> kept = other.owned();
      Set<TopicPartition> owned = before.owned();
      int assignments = other.assignments();
      int epoch = clients.describeGroup("static").groupEpoch().orElseThrow();

      before.closeByDefault();
      GroupMember after = group.joinAs("restarted", "static");
      group.awaitBalanced(4);

      assertThat(after.owned()).isEqualTo(owned);
      assertThat(other.owned()).isEqualTo(kept);
      assertThat(other.assignments()).isEqualTo(assignments);
      assertThat(clients.describeGroup("static").groupEpoch()).hasValue(epoch);
      Numbers.produce(clients, "static", 4, 0, 40);
      group.awaitNumbers(40);
      group.assertInOrder();
    }
  }

  @Test
  void shouldRefuseTheYoungerOfTwoWithOneInstanceId() throws Exception {
    clients.createTopic("twins", 2);
    try (ConsumerGroup group = group("twins")) {
      GroupMember older = group.joinAs("twin", "twins");
      group.awaitBalanced(2);

      GroupMember younger = group.joinAs("twin", "twins");

      Await.until("it is refused", Clients.PATIENCE, () -> younger.failure() != null);
      assertThat(younger.failure()).isInstanceOf(UnreleasedInstanceIdException.class);
      assertThat(older.failure()).isNull();
      assertThat(older.owned()).hasSize(2);
    }
  }

  @Test
  void shouldReplaceAMemberThatVanishedAfterTheSessionOfItsGroup() throws Exception {
    Duration session = Duration.ofMillis(1_500);
    clients.createTopic("vanished", 4);
    clients.configure(
        ConfigResource.Type.GROUP,
        "vanished",
        "consumer.session.timeout.ms",
        "" + session.toMillis());
    // A consumer in this JVM leaves whenever it is closed, so the one to vanish is killed.
    try (ConsumerGroup group = group("vanished");
        MemberProcess gone =
            MemberProcess.java("gone", clients, "vanished", "vanished", CONSUMER)) {
      GroupMember left = group.join("left", "vanished");
      Await.until(
          gone::tail, Clients.PATIENCE, () -> left.owned().size() == 2 && gone.owned().size() == 2);
      Set<TopicPartition> kept = left.owned();
      Set<TopicPartition> given = left.given();

      long start = System.nanoTime();
      gone.kill();
      Numbers.produce(clients, "vanished", 4, 0, 40);
      // Half of them come at once, the rest is behind the session.
      group.awaitNumbers(20);
      assertThat(left.owned()).isEqualTo(kept);
      group.awaitNumbers(40);

      assertThat(left.given()).isEqualTo(given);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isGreaterThan(session.dividedBy(2))
          .isLessThan(session.plus(BUSY_MACHINE));
      group.assertInOrder();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldChangeTheProtocolMemberByMemberAndBack(boolean areStatic) throws Exception {
    String topic = areStatic ? "rolled-static" : "rolled";
    clients.createTopic(topic, 6);
    try (ConsumerGroup group = new ConsumerGroup(clients, topic, Map.of())) {
      List<GroupMember> members = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        members.add(join(group, i, areStatic, CLASSIC, topic));
      }
      group.awaitBalanced(6);
      int produced = 0;
      for (Map<String, String> protocol : List.of(CONSUMER, CLASSIC)) {
        for (int i = 0; i < 2; i++) {
          members.get(i).closeByDefault();
          members.set(i, join(group, i, areStatic, protocol, topic));
          group.awaitBalanced(6);
          Numbers.produce(clients, topic, 6, produced, produced + 120);
          produced += 120;
          group.awaitNumbers(produced);
          group.assertInOrder();
        }
        assertThat(clients.describeGroup(topic).type())
            .isEqualTo(protocol == CONSUMER ? GroupType.CONSUMER : GroupType.CLASSIC);
      }
      Numbers.assertAllBelow(produced, group.numbers());
      int everything = produced;
      Await.until(
          "all is committed", Clients.PATIENCE, () -> clients.committedInAll(topic) == everything);
    }
  }

  private static GroupMember join(
      ConsumerGroup group,
      int number,
      boolean isStatic,
      Map<String, String> protocol,
      String topic) {
    Map<String, Object> settings = new HashMap<>(protocol);
    if (isStatic) {
      // To the group it is the same member, whichever process it is.
      settings.put("group.instance.id", "member-" + number);
      return group.joinWith("member-" + number, settings, topic);
    }
    return group.joinWith("member-" + UUID.randomUUID(), settings, topic);
  }

  @Test
  void shouldShowWhatMembersHaveAndAreToHave() throws Exception {
    clients.createTopic("shown", 4);
    try (ConsumerGroup group = group("shown")) {
      GroupMember member = group.join("a", "shown");
      group.join("b", "shown");
      group.awaitBalanced(4);

      MemberDescription shown =
          clients.describeGroup("shown").members().stream()
              .filter(one -> one.clientId().equals("a"))
              .findFirst()
              .orElseThrow();

      assertThat(shown.assignment().topicPartitions()).isEqualTo(member.owned());
      assertThat(shown.targetAssignment().orElseThrow().topicPartitions())
          .isEqualTo(member.owned());
      assertThat(shown.memberEpoch().orElseThrow()).isPositive();
    }
  }
}
