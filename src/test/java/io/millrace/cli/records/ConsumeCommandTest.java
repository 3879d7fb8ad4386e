package io.millrace.cli.records;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import io.millrace.cli.ExitCode;
import io.millrace.cli.FakeClients;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two partitions: 0 holds a0 to a4, of which a0 and a1 are deleted; 1 holds b0 to b2. */
class ConsumeCommandTest {
  private static final TopicPartition P0 = new TopicPartition("orders", 0);
  private static final TopicPartition P1 = new TopicPartition("orders", 1);

  private ServerSocket socket;
  private final FakeConsumer consumer = new FakeConsumer();
  private final FakeClients clients = new FakeClients().consumer(consumer);
  private final CommandLineFixture commandLine = new CommandLineFixture().clients(clients);

  /** Holds records from the first poll on; knows timestamps: offset times 10. */
  private static final class FakeConsumer extends MockConsumer<byte[], byte[]> {
    final Map<TopicPartition, OffsetAndMetadata> commits = new HashMap<>();
    private boolean joinable;
    private boolean wokenInCommit;
    private int unansweredCommits;

    FakeConsumer() {
      super("earliest");
      updatePartitions("orders", List.of(info(0), info(1)));
      updateBeginningOffsets(Map.of(P0, 2L, P1, 0L));
      updateEndOffsets(Map.of(P0, 5L, P1, 3L));
      schedulePollTask(
          () -> {
            for (int i = 2; i < 5; i++) {
              add(P0, i, "a" + i);
            }
            for (int i = 0; i < 3; i++) {
              add(P1, i, "b" + i);
            }
          });
    }

    /** The group gives both partitions at the next poll, and then their records come. */
    void joinable() {
      joinable = true;
    }

    /** A signal comes while the first commit waits for its answer. */
    void wokenInCommit() {
      wokenInCommit = true;
    }

    /** The coordinator answers none of the first commits. */
    void unansweredCommits(int commits) {
      unansweredCommits = commits;
    }

    @Override
    public synchronized void subscribe(
        java.util.Collection<String> topics, ConsumerRebalanceListener listener) {
      super.subscribe(topics, listener);
      if (joinable) {
        rebalance(List.of(P0, P1));
        listener.onPartitionsAssigned(List.of(P0, P1));
      }
    }

    @Override
    public synchronized void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
      if (wokenInCommit) {
        wokenInCommit = false;
        throw new WakeupException();
      }
      if (unansweredCommits > 0) {
        unansweredCommits--;
        throw new TimeoutException("no answer");
      }
      commits.putAll(offsets);
    }

    void add(TopicPartition partition, long offset, String value) {
      if (assignment().contains(partition)) {
        addRecord(
            new ConsumerRecord<>(
                partition.topic(),
                partition.partition(),
                offset,
                null,
                value.getBytes(StandardCharsets.UTF_8)));
      }
    }

    @Override
    public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(
        Map<TopicPartition, Long> times) {
      Map<TopicPartition, OffsetAndTimestamp> found = new HashMap<>();
      times.forEach(
          (partition, time) -> {
            long offset = (time + 9) / 10;
            boolean exists = offset < (partition.equals(P0) ? 5 : 3);
            found.put(partition, exists ? new OffsetAndTimestamp(offset, offset * 10) : null);
          });
      return found;
    }

    private static PartitionInfo info(int partition) {
      Node[] nodes = {new Node(1, "127.0.0.1", 9092)};
      return new PartitionInfo("orders", partition, nodes[0], nodes, nodes);
    }
  }

  @BeforeEach
  void listen() {
    socket = CommandLineFixture.listening();
  }

  @AfterEach
  void close() throws IOException {
    socket.close();
  }

  @Test
  void shouldReadWhatIsThereAndEnd() {
    var result = consume();

    assertThat(result.exit()).isEqualTo(ExitCode.OK);
    assertThat(result.err()).isEmpty();
    assertThat(result.lines()).containsExactlyInAnyOrder("a2", "a3", "a4", "b0", "b1", "b2");
    assertThat(consumer.closed()).isTrue();
  }

  @Test
  void shouldNotReadWhatComesAfterItBegan() {
    consumer.schedulePollTask(() -> consumer.add(P1, 3, "late"));

    assertThat(consume("-p", "1").lines()).containsExactly("b0", "b1", "b2");
  }

  @Test
  void shouldReadOnlyThePartitionsAskedFor() {
    assertThat(consume("--partition", "1").lines()).containsExactly("b0", "b1", "b2");
  }

  @Test
  void shouldBeginAtAnOffset() {
    assertThat(consume("--offset", "3").lines()).containsExactly("a3", "a4");
  }

  @Test
  void shouldNameTheEndThatTheOffsetIsBeyond() {
    var result = consume("--offset", "4");

    assertThat(result.exit()).isEqualTo(ExitCode.OK);
    assertThat(result.lines()).containsExactly("a4");
    assertThat(result.err()).isEqualTo("Offset 4 is beyond the end of orders:1 (3).\n");
  }

  @Test
  void shouldNotWarnOfAnOffsetThatIsTheEnd() {
    assertThat(consume("--offset", "3").err()).isEmpty();
  }

  @Test
  void shouldBeginBeforeTheEndOfEachPartition() {
    assertThat(consume("--offset", "-1").lines()).containsExactlyInAnyOrder("a4", "b2");
  }

  @Test
  void shouldBeginAtTheLogStartWhereTheOffsetIsGone() {
    assertThat(consume("--offset", "0", "-p", "0").lines()).containsExactly("a2", "a3", "a4");
  }

  @Test
  void shouldBeginAtATime() {
    assertThat(consume("--timestamp", "15").lines())
        .containsExactlyInAnyOrder("a2", "a3", "a4", "b2");
  }

  @Test
  void shouldReadNothingFromTheEnd() {
    assertThat(consume("--from-end").lines()).isEmpty();
  }

  @Test
  void shouldEndAfterSoManyRecords() {
    assertThat(consume("-n", "2", "-p", "0").lines()).containsExactly("a2", "a3");
  }

  @Test
  void shouldGiveUpWhenWhatIsThereDoesNotCome() {
    consumer.updateEndOffsets(Map.of(P0, 6L, P1, 3L));

    var result = consume("--timeout", "1");

    assertThat(result.exit()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err()).contains("nothing has come for 1 s, and there is more");
    assertThat(result.lines()).hasSize(6);
  }

  @Test
  void shouldFollowFromTheEndUntilItHasEnough() {
    consumer.schedulePollTask(() -> consumer.add(P1, 3, "new"));

    assertThat(consume("--follow", "-n", "1").lines()).containsExactly("new");
  }

  @Test
  void shouldFollowFromTheBeginningIfTold() {
    consumer.schedulePollTask(() -> consumer.add(P1, 3, "new"));

    assertThat(consume("-F", "--from-beginning", "-p", "1", "-n", "4").lines())
        .containsExactly("b0", "b1", "b2", "new");
  }

  @Test
  void shouldEndWhenNothingComesForTheIdleTime() {
    assertThat(consume("--follow", "--idle-timeout", "0").exit()).isEqualTo(ExitCode.OK);
  }

  @Test
  void shouldNeitherCommitNorCreate() {
    consume();

    assertThat(clients.settings())
        .containsEntry("enable.auto.commit", false)
        .containsEntry("allow.auto.create.topics", false)
        .doesNotContainKey("group.id");
  }

  @Test
  @Timeout(30)
  void shouldCloseTheConsumerWhenASignalComes() {
    consumer.schedulePollTask(() -> commandLine.interruption().begin());

    var result = consume("--follow", "--from-beginning");

    assertThat(result.err()).isEmpty();
    assertThat(result.lines()).hasSize(6);
    assertThat(consumer.closed()).isTrue();
  }

  // ---- in a group

  /** The group gives both partitions, with their records. */
  private void joinable() {
    consumer.joinable();
  }

  @Test
  void shouldReadAsAMemberOfAGroupAndCommitWhatItPrinted() {
    joinable();

    var result = consume("--group", "billing");

    assertThat(result.lines()).containsExactlyInAnyOrder("a2", "a3", "a4", "b0", "b1", "b2");
    assertThat(consumer.commits)
        .isEqualTo(Map.of(P0, new OffsetAndMetadata(5), P1, new OffsetAndMetadata(3)));
    assertThat(clients.settings())
        .containsEntry("group.id", "billing")
        .containsEntry("enable.auto.commit", false)
        .containsEntry("auto.offset.reset", "earliest");
  }

  @Test
  void shouldCommitNoMoreThanItPrinted() {
    joinable();

    var result = consume("--group", "billing", "-n", "1");

    assertThat(result.lines()).hasSize(1);
    assertThat(consumer.commits.values())
        .singleElement()
        .extracting(OffsetAndMetadata::offset)
        .isEqualTo(result.lines().contains("a2") ? 3L : 1L);
  }

  @Test
  @Timeout(30)
  void shouldCommitWhatItPrintedAndLeaveWhenASignalComes() {
    joinable();
    consumer.wokenInCommit();

    var result = consume("--group", "billing", "--follow", "--from-beginning");

    assertThat(result.err()).isEmpty();
    assertThat(result.lines()).hasSize(6);
    assertThat(consumer.commits)
        .isEqualTo(Map.of(P0, new OffsetAndMetadata(5), P1, new OffsetAndMetadata(3)));
    assertThat(consumer.closed()).isTrue();
  }

  @Test
  void shouldCommitAgainWhatTheGroupDidNotAnswer() {
    joinable();
    consumer.unansweredCommits(2);

    var result = consume("--group", "billing");

    assertThat(result.exit()).isEqualTo(ExitCode.OK);
    assertThat(result.err()).contains("The group does not answer");
    assertThat(consumer.commits)
        .isEqualTo(Map.of(P0, new OffsetAndMetadata(5), P1, new OffsetAndMetadata(3)));
  }

  @Test
  @Timeout(30)
  void shouldFailWhenWhatItPrintedCannotBeCommitted() {
    joinable();
    consumer.unansweredCommits(Integer.MAX_VALUE);

    var result = consume("--group", "billing", "--timeout", "1");

    assertThat(result.lines()).hasSize(6);
    assertThat(result.exit()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err())
        .contains("what was read could not be committed within 1 s, and will be read again");
    assertThat(consumer.closed()).isTrue();
  }

  @Test
  void shouldCommitNothingThatItCouldNotPrint() {
    joinable();

    new CommandLineFixture()
        .clients(clients)
        .outputFails("No space left on device")
        .run("consume", "orders", "-g", "billing", "-b", CommandLineFixture.address(socket));

    assertThat(consumer.commits).isEmpty();
  }

  @Test
  void shouldFollowAGroupFromTheEndWhereNothingIsCommitted() {
    joinable();
    consume("--group", "billing", "--follow", "--idle-timeout", "0");

    assertThat(clients.settings()).containsEntry("auto.offset.reset", "latest");
  }

  @Test
  void shouldGiveUpWhenTheGroupAssignsNothing() {
    var result = consume("--group", "billing", "--timeout", "1");

    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("within 1 s: other members have the partitions");
    assertThat(consumer.closed()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--offset=3", "--timestamp=15", "--partition=1"})
  void shouldLeavePartitionsAndOffsetsToTheGroup(String option) {
    var result = consume("--group", "billing", option);

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("the group decides");
  }

  @Test
  void shouldReadOnlyWhatIsCommittedIfTold() {
    consume("--isolation", "read_committed");

    assertThat(clients.settings()).containsEntry("isolation.level", "read_committed");
  }

  @Test
  void shouldNameAMissingTopic() {
    var result = run(List.of("consume", "nope", "-b", CommandLineFixture.address(socket)));

    assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.err()).isEqualTo("millrace: no such topic: nope\n");
  }

  @Test
  void shouldNameAMissingPartition() {
    var result = consume("-p", "0,7");

    assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.err()).contains("has no partition 7, only 0 to 1");
  }

  @Test
  void shouldRefuseTwoBeginnings() {
    assertThat(consume("--offset", "3", "--from-beginning").exit()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void shouldRefuseAnUnknownPlaceholder() {
    var result = consume("--format", "{vlaue}");

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("unknown placeholder {vlaue}");
  }

  @Test
  void shouldEndQuietlyWhenTheReaderHasGone() {
    var result =
        new CommandLineFixture()
            .clients(clients)
            .outputFails("Broken pipe")
            .run("consume", "orders", "-b", CommandLineFixture.address(socket));

    assertThat(result.exit()).isEqualTo(ExitCode.OK);
    assertThat(result.err()).isEmpty();
  }

  @Test
  void shouldFailWhenStandardOutputIsFull() {
    var result =
        new CommandLineFixture()
            .clients(clients)
            .outputFails("No space left on device")
            .run("consume", "orders", "-b", CommandLineFixture.address(socket));

    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err())
        .isEqualTo("millrace: cannot write to standard output: No space left on device\n");
  }

  private CommandLineFixture.Result consume(String... options) {
    List<String> args =
        new ArrayList<>(List.of("consume", "orders", "-b", CommandLineFixture.address(socket)));
    args.addAll(List.of(options));
    return run(args);
  }

  private CommandLineFixture.Result run(List<String> args) {
    return commandLine.run(args.toArray(String[]::new));
  }
}
