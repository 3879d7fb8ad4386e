package io.millrace.api.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakePartitions;
import io.millrace.api.LocalPartitions;
import io.millrace.api.TestImage;
import io.millrace.api.peer.FakePeers;
import io.millrace.coordinator.Command;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.ManualClock;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicPartition;
import io.millrace.model.TransactionMarker;
import io.millrace.partition.FetchAsk;
import io.millrace.partition.FetchRead;
import io.millrace.partition.ProduceAppend;
import io.millrace.partition.Replica;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Node 1 coordinates; it leads partition 0 of {@code t}, and node 2 leads partition 1. */
class MarkerSenderTest {
  private static final TransactionMarker MARKER = new TransactionMarker(7, (short) 4, true, 9, 2);
  private static final TopicPartition HERE = new TopicPartition("t", 0);
  private static final TopicPartition THERE = new TopicPartition("t", 1);
  private static final TopicPartition STUCK = new TopicPartition("t", 2);

  private final TestLoop loop = new TestLoop();
  private final ManualClock clock = new ManualClock();
  private final TestImage image =
      TestImage.ofOne()
          .broker(2, "b2", 9092)
          .topic(
              "t",
              new PartitionImage(0, List.of(1), List.of(1), List.of(), 1, 0, 0),
              new PartitionImage(1, List.of(2), List.of(2), List.of(), 2, 0, 0));
  private final FakePartitions partitions = new FakePartitions();
  private final FakePartitions others = new FakePartitions();
  private final Ends here = new Ends();
  private final Ends there = new Ends();
  private final FakePeers peers =
      new FakePeers()
          .node(2, List.of(new WriteTxnMarkersHandler(new LocalPartitions(others), 500)));
  private final Reports reports = new Reports();
  private final MarkerSender sender =
      new MarkerSender(
          new MarkerSender.Parts(
              1, loop, clock, peers, () -> partitions, () -> image, () -> reports));

  @BeforeEach
  void lead() {
    partitions.add("t", 0).replica = here;
    others.add("t", 1).replica = there;
    peers.image = image;
  }

  /** A replica that says what becomes of markers. */
  private static final class Ends implements Replica {
    private final List<TransactionMarker> taken = new ArrayList<>();
    private final Queue<Errors> answers = new ArrayDeque<>();
    // Set: there is no answer for the moment.
    private boolean waits;
    private Consumer<Errors> waiting;

    @Override
    public void endTransaction(TransactionMarker marker, Consumer<Errors> done) {
      taken.add(marker);
      if (waits) {
        waiting = done;
      } else {
        done.accept(answers.isEmpty() ? Errors.NONE : answers.poll());
      }
    }

    @Override
    public void append(ProduceAppend append) {
      throw new AssertionError("Nothing is produced");
    }

    @Override
    public void read(FetchRead reader, FetchAsk ask) {
      throw new AssertionError("Nothing is fetched");
    }

    @Override
    public void unwatch(FetchRead reader) {
      throw new AssertionError("Nothing is fetched");
    }
  }

  /** Shards that are told that all is written. */
  private static final class Reports implements Coordinator<TransactionShard> {
    private final List<Integer> told = new ArrayList<>();
    private final Queue<Errors> failures = new ArrayDeque<>();

    @Override
    public <R> void submit(String key, Command<TransactionShard, R> command, Reply<R> reply) {
      throw new AssertionError("By partition");
    }

    @Override
    @SuppressWarnings("unchecked") // Nothing else is told.
    public <R> void submit(int partition, Command<TransactionShard, R> command, Reply<R> reply) {
      told.add(partition);
      if (failures.isEmpty()) {
        ((Reply<Errors>) reply).complete(Errors.NONE);
      } else {
        reply.fail(failures.poll(), null);
      }
    }

    @Override
    public List<Integer> localPartitions() {
      return List.of();
    }
  }

  private void write() {
    sender.write(3, "id", MARKER, Set.of(HERE, THERE));
  }

  private void awaitEnd() {
    loop.await(() -> sender.open() == 0);
  }

  @Test
  void shouldBringTheEndToEveryLeaderAndTellTheShard() {
    write();
    awaitEnd();

    assertThat(here.taken).containsExactly(MARKER);
    assertThat(there.taken).containsExactly(MARKER);
    assertThat(reports.told).containsExactly(3);
    assertThat(peers.asked).containsExactly("2 transaction-markers WriteTxnMarkers");
  }

  @Test
  void shouldSendEndsOfOneTurnToANodeTogether() {
    sender.write(3, "one", MARKER, Set.of(THERE));
    sender.write(4, "two", new TransactionMarker(8, (short) 0, false, 9, 2), Set.of(THERE));
    awaitEnd();

    assertThat(peers.asked).hasSize(1);
    assertThat(there.taken).extracting(TransactionMarker::producerId).containsExactly(7L, 8L);
    assertThat(reports.told).containsExactlyInAnyOrder(3, 4);
  }

  @Test
  void shouldTryAgainWhereAPartitionCannotTakeIt() {
    here.answers.addAll(List.of(Errors.NOT_ENOUGH_REPLICAS, Errors.NOT_LEADER_OR_FOLLOWER));
    write();
    awaitEnd();

    assertThat(here.taken).hasSize(3);
    assertThat(there.taken).as("it has its marker").hasSize(1);
    assertThat(reports.told).containsExactly(3);
  }

  @Test
  void shouldTryAgainWhenANodeCannotBeReached() {
    peers.unreachable.add(2);
    write();
    loop.await(() -> peers.asked.size() >= 2);
    assertThat(reports.told).isEmpty();

    peers.unreachable.clear();
    awaitEnd();

    assertThat(there.taken).containsExactly(MARKER);
    assertThat(here.taken).hasSize(1);
  }

  @Test
  void shouldNotSendASecondMarkerWhileTheFirstIsOnItsWay() {
    here.waits = true;
    there.answers.add(Errors.NOT_ENOUGH_REPLICAS);
    write();
    loop.await(() -> there.taken.size() == 2);

    assertThat(here.taken).hasSize(1);
    here.waiting.accept(Errors.NONE);
    awaitEnd();
    assertThat(here.taken).hasSize(1);
  }

  @Test
  void shouldNotLetAStuckPartitionHoldOtherTransactionsBack() {
    Ends stuck = leadThereToo();
    stuck.waits = true;
    sender.write(3, "stuck", MARKER, Set.of(HERE, STUCK));
    sender.write(4, "other", new TransactionMarker(8, (short) 0, false, 9, 2), Set.of(THERE));
    loop.await(() -> reports.told.contains(4));
    assertThat(peers.asked).hasSize(1);

    loop.await(() -> stuck.taken.size() == 2);
    assertThat(reports.told).containsExactly(4);
    stuck.waits = false;
    awaitEnd();
    assertThat(reports.told).containsExactly(4, 3);
    assertThat(there.taken).hasSize(1);
  }

  @Test
  void shouldKeepPartitionsThatAreLateToALaneOfTheirOwn() {
    Ends stuck = leadThereToo();
    stuck.answers.add(Errors.REQUEST_TIMED_OUT);
    sender.write(3, "stuck", MARKER, Set.of(THERE, STUCK));
    awaitEnd();
    assertThat(peers.asked)
        .containsExactly(
            "2 transaction-markers WriteTxnMarkers", "2 transaction-markers-late WriteTxnMarkers");

    sender.write(3, "stuck", MARKER, Set.of(STUCK));
    awaitEnd();
    assertThat(peers.asked.get(2)).isEqualTo("2 transaction-markers WriteTxnMarkers");
  }

  /** Node 2 leads {@link #STUCK} as well. */
  private Ends leadThereToo() {
    Ends ends = new Ends();
    image.topic(
        "t",
        image.topic("t").partition(0),
        image.topic("t").partition(1),
        new PartitionImage(2, List.of(2), List.of(2), List.of(), 2, 0, 0));
    others.add("t", 2).replica = ends;
    return ends;
  }

  @Test
  void shouldTakeARefusalOfAnOldEpochForAnAnswer() {
    here.answers.add(Errors.INVALID_PRODUCER_EPOCH);
    there.answers.add(Errors.TRANSACTION_COORDINATOR_FENCED);
    write();
    awaitEnd();

    assertThat(reports.told).containsExactly(3);
  }

  @Test
  void shouldWaitUntilAPartitionHasALeader() {
    image.topic(
        "t",
        new PartitionImage(0, List.of(1), List.of(1), List.of(), PartitionImage.NO_LEADER, 0, 0),
        image.topic("t").partition(1));
    write();
    loop.await(() -> there.taken.size() == 1);
    assertThat(here.taken).isEmpty();

    image.topic(
        "t",
        new PartitionImage(0, List.of(1), List.of(1), List.of(), 1, 1, 1),
        image.topic("t").partition(1));
    awaitEnd();
    assertThat(here.taken).hasSize(1);
  }

  @Test
  void shouldGiveUpATopicThatIsDeletedForGood() {
    TopicPartition deleted = new TopicPartition("deleted", 0);
    sender.write(3, "id", MARKER, Set.of(HERE, deleted));
    loop.await(() -> here.taken.size() == 1);
    assertThat(reports.told).as("this node may merely be late").isEmpty();

    clock.advanceMs(11_000);
    awaitEnd();
    assertThat(reports.told).containsExactly(3);
  }

  @Test
  void shouldTellTheShardUntilItHasHeard() {
    reports.failures.addAll(List.of(Errors.UNKNOWN_SERVER_ERROR, Errors.UNKNOWN_SERVER_ERROR));
    write();
    awaitEnd();

    assertThat(reports.told).containsExactly(3, 3, 3);
    assertThat(here.taken).hasSize(1);
  }

  @Test
  void shouldNotTellTheShardTwiceOfWhatItHasHeard() {
    reports.failures.add(Errors.COORDINATOR_NOT_AVAILABLE);
    write();
    awaitEnd();

    assertThat(reports.told).as("the next transaction can have the same marker").hasSize(1);
  }

  @Test
  void shouldLeaveTheRestToAnotherNodeThatLeadsTheShardNow() {
    reports.failures.add(Errors.NOT_COORDINATOR);
    write();
    awaitEnd();
    assertThat(reports.told).containsExactly(3);

    here.waits = true;
    write();
    loop.await(() -> here.taken.size() == 2);
    sender.stop(3);
    awaitEnd();
    here.waiting.accept(Errors.NONE);
    assertThat(reports.told).containsExactly(3);
  }
}
