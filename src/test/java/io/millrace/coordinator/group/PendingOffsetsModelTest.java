package io.millrace.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.group.TestGroupCoordinator.Logged;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import io.millrace.simulation.Seeds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Many producers that commit offsets of the same partitions in transactions and others that do so
 * alone, groups, offsets and topics that are deleted, and time that passes: after everything that
 * happens the shard is what its log says by the simplest reading of it, whoever reads it, and also
 * when compaction has taken from the log what it may.
 */
class PendingOffsetsModelTest {
  private static final int STEPS = 400;
  private static final int RETENTION_MS = 100_000;
  private static final int CHECK_MS = 10_000;
  private static final List<String> GROUPS = List.of("g", "h");
  private static final List<String> TOPICS = List.of("t", "u");
  private static final int PARTITIONS = 2;
  private static final int PRODUCERS = 4;

  static List<Long> seeds() {
    String one = System.getProperty("seed");
    if (one != null) {
      return List.of(Long.parseLong(one));
    }
    List<Long> seeds = new ArrayList<>();
    for (long seed = 1; seed <= Long.getLong("seeds", 200); seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void shouldBeWhatTheLogSaysWhateverHappens(long seed) {
    new Run(seed).run();
  }

  /** What became of a record. */
  private enum Outcome {
    COUNTS,
    DROPPED,
    /** Its transaction is under way. */
    UNKNOWN
  }

  /** What a log says, read anew from its start each time. */
  private record Reading(Map<String, Long> committed, Set<String> unstable) {
    static Reading of(List<Logged> log) {
      Map<String, Long> committed = new TreeMap<>();
      Map<String, Integer> positions = new HashMap<>();
      Set<String> unstable = new TreeSet<>();
      for (int i = 0; i < log.size(); i++) {
        Logged logged = log.get(i);
        if (logged.marker() != null) {
          continue;
        }
        String place = place((OffsetCommitKey) logged.record().key());
        if (deletedAfter(log, i, place)) {
          continue;
        }
        Outcome outcome = logged.record().value() == null ? Outcome.DROPPED : outcome(log, i);
        if (outcome == Outcome.UNKNOWN) {
          unstable.add(place);
        } else if (outcome == Outcome.COUNTS && positions.getOrDefault(place, -1) < i) {
          positions.put(place, i);
          committed.put(place, ((OffsetCommitValue) logged.record().value()).offset());
        }
      }
      return new Reading(committed, unstable);
    }

    private static boolean deletedAfter(List<Logged> log, int position, String place) {
      for (Logged later : log.subList(position + 1, log.size())) {
        if (later.marker() == null
            && later.record().value() == null
            && place((OffsetCommitKey) later.record().key()).equals(place)) {
          return true;
        }
      }
      return false;
    }

    static Outcome outcome(List<Logged> log, int position) {
      long producerId = log.get(position).producerId();
      if (producerId == -1) {
        return Outcome.COUNTS;
      }
      for (Logged later : log.subList(position + 1, log.size())) {
        if (later.marker() != null && later.producerId() == producerId) {
          return later.marker().commits() ? Outcome.COUNTS : Outcome.DROPPED;
        }
      }
      return Outcome.UNKNOWN;
    }

    private static String place(OffsetCommitKey key) {
      return key.group() + " " + key.topic() + " " + key.partition();
    }

    Set<String> groups() {
      Set<String> groups = new HashSet<>();
      committed.keySet().forEach(place -> groups.add(place.substring(0, place.indexOf(' '))));
      unstable.forEach(place -> groups.add(place.substring(0, place.indexOf(' '))));
      return groups;
    }
  }

  private static final class Run {
    private final Random random;
    private final TestGroupCoordinator coordinator =
        new TestGroupCoordinator(new OffsetConfig(10, RETENTION_MS, CHECK_MS));
    private final GroupShard shard = coordinator.shard;
    private long nextOffset = 1;
    private String last = "";

    Run(long seed) {
      random = Seeds.random(seed);
      shard.onLoaded(MetadataImage.EMPTY);
    }

    void run() {
      for (int i = 0; i < STEPS; i++) {
        Reading before = Reading.of(coordinator.log);
        int end = coordinator.log.size();
        happen();
        check(before, end);
      }
    }

    private void happen() {
      String group = GROUPS.get(random.nextInt(GROUPS.size()));
      String topic = TOPICS.get(random.nextInt(TOPICS.size()));
      int partition = random.nextInt(PARTITIONS);
      long producerId = random.nextInt(PRODUCERS);
      int what = random.nextInt(100);
      last = what + " " + group + " " + topic + " " + partition + " " + producerId;
      if (what < 20) {
        commitAlone(group, topic, partition);
      } else if (what < 60) {
        commitInTransaction(producerId, group, topic);
      } else if (what < 80) {
        coordinator.endTransaction(producerId, random.nextBoolean());
      } else if (what < 84) {
        delete(group, topic, partition);
      } else if (what < 86) {
        deleteGroup(group);
      } else if (what < 88) {
        deleteTopic(topic);
      } else {
        last = "time";
        coordinator.advance(random.nextInt(RETENTION_MS / 2));
      }
    }

    private static Uuid idOf(String topic) {
      return new Uuid(topic.charAt(0), 1);
    }

    private <R> Errors ask(String group, Function<Reply<R>, Decision> command) {
      Errors[] said = {Errors.NONE};
      coordinator.submit(
          group,
          (s, reply) -> command.apply(reply),
          new Reply<R>() {
            @Override
            public void complete(R value) {}

            @Override
            public void fail(Errors error, String message) {
              said[0] = error;
            }
          });
      return said[0];
    }

    private void commitAlone(String group, String topic, int partition) {
      OffsetCommitRequestData request =
          new OffsetCommitRequestData()
              .setGroupId(group)
              .setTopics(
                  List.of(
                      new OffsetCommitRequestTopic()
                          .setName(topic)
                          .setTopicId(idOf(topic))
                          .setPartitions(
                              List.of(
                                  new OffsetCommitRequestPartition()
                                      .setPartitionIndex(partition)
                                      .setCommittedOffset(nextOffset++)))));
      assertThat(
              this.<OffsetCommitResponseData>ask(
                  group, reply -> shard.commitOffsets(request, (short) 9, reply)))
          .isEqualTo(Errors.NONE);
    }

    private void commitInTransaction(long producerId, String group, String topic) {
      List<TxnOffsetCommitRequestPartition> partitions = new ArrayList<>();
      for (int i = 0; i < PARTITIONS; i++) {
        if (random.nextBoolean()) {
          partitions.add(
              new TxnOffsetCommitRequestPartition()
                  .setPartitionIndex(i)
                  .setCommittedOffset(nextOffset++));
        }
      }
      TxnOffsetCommitRequestData request =
          new TxnOffsetCommitRequestData()
              .setGroupId(group)
              .setProducerId(producerId)
              .setProducerEpoch((short) 0)
              .setTopics(
                  List.of(
                      new TxnOffsetCommitRequestTopic().setName(topic).setPartitions(partitions)));
      assertThat(
              this.<TxnOffsetCommitResponseData>ask(
                  group,
                  reply ->
                      shard.commitOffsets(
                          request,
                          Map.of(topic, idOf(topic)),
                          (short) 5,
                          CommitTicket.NONE,
                          reply)))
          .isEqualTo(Errors.NONE);
    }

    private void delete(String group, String topic, int partition) {
      OffsetDeleteRequestData request = new OffsetDeleteRequestData().setGroupId(group);
      request
          .topics()
          .add(
              new OffsetDeleteRequestTopic()
                  .setName(topic)
                  .setPartitions(
                      List.of(new OffsetDeleteRequestPartition().setPartitionIndex(partition))));
      this.<OffsetDeleteResponseData>ask(group, reply -> shard.deleteOffsets(request, reply));
      assertGone(Set.of(group + " " + topic + " " + partition));
    }

    private void deleteGroup(String group) {
      this.<Errors>ask(group, reply -> shard.deleteGroup(group, reply));
      assertThat(Reading.of(coordinator.log).groups()).doesNotContain(group);
    }

    private void deleteTopic(String topic) {
      TopicId gone =
          new TopicId(idOf(topic).getMostSignificantBits(), idOf(topic).getLeastSignificantBits());
      coordinator.carryOut(
          shard.onImage(
              new ImageDelta(
                  MetadataImage.EMPTY,
                  MetadataImage.EMPTY,
                  Map.of(),
                  Map.of(gone, new TopicImage(gone, topic, List.of())),
                  Set.of(),
                  Set.of())));
      Set<String> places = new HashSet<>();
      for (String group : GROUPS) {
        for (int i = 0; i < PARTITIONS; i++) {
          places.add(group + " " + topic + " " + i);
        }
      }
      assertGone(places);
    }

    private void assertGone(Set<String> places) {
      Reading now = Reading.of(coordinator.log);
      assertThat(now.committed().keySet()).as(last).doesNotContainAnyElementsOf(places);
      assertThat(now.unstable()).as(last).doesNotContainAnyElementsOf(places);
    }

    private void check(Reading before, int end) {
      Reading said = Reading.of(coordinator.log);
      assertSays(shard, said);
      TestGroupCoordinator loaded =
          new TestGroupCoordinator(new OffsetConfig(10, RETENTION_MS, CHECK_MS));
      coordinator.log.forEach(logged -> logged.replay(loaded.shard));
      assertSays(loaded.shard, said);
      TestGroupCoordinator compacted =
          new TestGroupCoordinator(new OffsetConfig(10, RETENTION_MS, CHECK_MS));
      compacted(coordinator.log).forEach(logged -> logged.replay(compacted.shard));
      assertSays(compacted.shard, said);
      if (last.equals("time")) {
        // Time takes away nothing that a transaction commits for.
        for (Logged expired : coordinator.log.subList(end, coordinator.log.size())) {
          assertThat(before.unstable())
              .as(last)
              .doesNotContain(Reading.place((OffsetCommitKey) expired.record().key()));
        }
      }
    }

    /** What compaction by Kafka's rules may leave of a log. */
    private List<Logged> compacted(List<Logged> log) {
      int end = random.nextInt(log.size() + 1);
      Map<Long, Integer> open = new HashMap<>();
      for (int i = 0; i < end; i++) {
        if (log.get(i).marker() != null) {
          open.remove(log.get(i).producerId());
        } else if (log.get(i).producerId() != -1) {
          open.putIfAbsent(log.get(i).producerId(), i);
        }
      }
      for (int undecided : open.values()) {
        end = Math.min(end, undecided);
      }
      Map<String, Integer> newest = new HashMap<>();
      for (int i = 0; i < end; i++) {
        Logged logged = log.get(i);
        if (logged.marker() == null && Reading.outcome(log, i) == Outcome.COUNTS) {
          newest.put(Reading.place((OffsetCommitKey) logged.record().key()), i);
        }
      }
      List<Logged> left = new ArrayList<>();
      Set<Long> withRecords = new HashSet<>();
      for (int i = 0; i < end; i++) {
        Logged logged = log.get(i);
        boolean mayGo = random.nextBoolean();
        if (logged.marker() != null) {
          if (withRecords.remove(logged.producerId()) || !mayGo) {
            left.add(logged);
          }
        } else if (newest.getOrDefault(Reading.place((OffsetCommitKey) logged.record().key()), -1)
                == i
            && (logged.record().value() != null || !mayGo)) {
          left.add(logged);
          withRecords.add(logged.producerId());
        }
      }
      left.addAll(log.subList(end, log.size()));
      return left;
    }

    private void assertSays(GroupShard asked, Reading said) {
      Map<String, Long> committed = new TreeMap<>();
      Set<String> unstable = new TreeSet<>();
      for (String group : GROUPS) {
        for (String topic : TOPICS) {
          for (OffsetFetchResponsePartitions answer : fetch(asked, group, topic, false)) {
            if (answer.committedOffset() >= 0) {
              committed.put(
                  group + " " + topic + " " + answer.partitionIndex(), answer.committedOffset());
            }
          }
          for (OffsetFetchResponsePartitions answer : fetch(asked, group, topic, true)) {
            if (answer.errorCode() == Errors.UNSTABLE_OFFSET_COMMIT.code()) {
              unstable.add(group + " " + topic + " " + answer.partitionIndex());
            }
          }
        }
      }
      assertThat(committed).as(last).isEqualTo(said.committed());
      assertThat(unstable).as(last).isEqualTo(said.unstable());
      assertThat(asked.offsets().count()).as(last).isEqualTo(said.committed().size());
      assertThat(asked.groups().all())
          .as(last)
          .extracting(Group::groupId)
          .containsExactlyInAnyOrderElementsOf(said.groups());
    }

    private static List<OffsetFetchResponsePartitions> fetch(
        GroupShard asked, String group, String topic, boolean requireStable) {
      List<OffsetFetchResponsePartitions> said = new ArrayList<>();
      Decision decision =
          asked.fetchOffsets(
              new OffsetFetchRequestGroup()
                  .setGroupId(group)
                  .setTopics(
                      List.of(
                          new OffsetFetchRequestTopics()
                              .setName(topic)
                              .setPartitionIndexes(List.of(0, 1)))),
              requireStable,
              new Reply<OffsetFetchResponseGroup>() {
                @Override
                public void complete(OffsetFetchResponseGroup value) {
                  said.addAll(value.topics().get(0).partitions());
                }

                @Override
                public void fail(Errors error, String message) {
                  throw new AssertionError(error);
                }
              });
      decision.release();
      return said;
    }
  }
}
