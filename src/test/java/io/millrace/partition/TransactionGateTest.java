package io.millrace.partition;

import static io.millrace.partition.LeaderFixture.EPOCH;
import static io.millrace.partition.LeaderFixture.NODE;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.AbortedTransaction;
import io.millrace.model.Clock;
import io.millrace.model.TransactionMarker;
import io.millrace.record.BatchBuilder;
import io.millrace.record.ValidationRules;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transactions in a leader: who may begin one, how it ends, and what committed readers see. */
class TransactionGateTest {
  @TempDir Path directory;
  private final List<Promise<Errors>> asked = new ArrayList<>();
  private LeaderFixture f;

  @BeforeEach
  void open() {
    f = new LeaderFixture(directory);
    f.verifier =
        (question, deadlineMs) -> {
          Promise<Errors> answer = Promise.promise();
          asked.add(answer);
          return answer.future();
        };
    f.lead(f.loop, ValidationRules.DEFAULT, 1, NODE);
  }

  @AfterEach
  void close() {
    f.close();
  }

  private static final class Append extends ProduceAppend {
    private final String transactionalId;
    private boolean complete;

    Append(ByteBuffer batch, String transactionalId) {
      super(new DirectRecords(batch), (short) -1, Clock.SYSTEM.wallMs() + 60_000, true);
      this.transactionalId = transactionalId;
    }

    @Override
    protected String transactionalId() {
      return transactionalId;
    }

    @Override
    protected void onComplete() {
      complete = true;
    }
  }

  private Append append(long producerId, int sequence) {
    return append(producerId, sequence, "transfer");
  }

  private Append append(long producerId, int sequence, String transactionalId) {
    ByteBuffer batch =
        new BatchBuilder()
            .transactional()
            .producer(producerId, (short) 0, sequence)
            .append(1, null, new byte[1])
            .build();
    Append append = new Append(batch, transactionalId);
    f.leader.append(append);
    return append;
  }

  private Append plain() {
    Append append = new Append(LeaderFixture.batch("a"), null);
    f.leader.append(append);
    return append;
  }

  private Errors end(long producerId, boolean commits) {
    List<Errors> told = new ArrayList<>();
    f.leader.endTransaction(new TransactionMarker(producerId, (short) 0, commits, 1, 0), told::add);
    f.loop.await(() -> !told.isEmpty());
    return told.get(0);
  }

  private void agree(int question) {
    asked.get(question).complete(Errors.NONE);
  }

  private void await(Append append) {
    f.loop.await(() -> append.complete);
  }

  @Test
  void shouldHoldAProducersBatchesInOrderWhileOthersPass() {
    Append first = append(1, 0);
    Append second = append(1, 1);
    Append other = plain();
    await(other);
    assertThat(other.baseOffset()).isZero();
    assertThat(first.complete).isFalse();
    agree(0);
    await(second);
    assertThat(first.baseOffset()).isEqualTo(1);
    assertThat(second.baseOffset()).isEqualTo(2);
    assertThat(asked).hasSize(1);
  }

  @Test
  void shouldAskOncePerTransaction() {
    Append first = append(1, 0);
    agree(0);
    await(first);
    await(append(1, 1));
    assertThat(asked).hasSize(1);
    end(1, true);
    append(1, 2);
    assertThat(asked).hasSize(2);
  }

  @Test
  void shouldRefuseAllThatWaitsAsTheCoordinatorSays() {
    Append first = append(1, 0);
    Append second = append(1, 1);
    asked.get(0).complete(Errors.INVALID_TXN_STATE);
    await(second);
    assertThat(first.error()).isEqualTo(Errors.INVALID_TXN_STATE);
    assertThat(second.error()).isEqualTo(Errors.INVALID_TXN_STATE);
    assertThat(f.log.nextOffset()).isZero();
  }

  @Test
  void shouldAppendNothingWhenTheIsrHasShrunkMeanwhile() {
    Append first = append(1, 0);
    Append second = append(1, 1);
    f.leader.reconfigure(new PartitionSettings(f.log.config(), ValidationRules.DEFAULT, 2));
    agree(0);
    await(second);
    assertThat(first.error()).isEqualTo(Errors.NOT_ENOUGH_REPLICAS);
    assertThat(first.message()).isEqualTo("The in-sync replicas are 1, min.insync.replicas is 2");
    assertThat(second.error()).isEqualTo(Errors.NOT_ENOUGH_REPLICAS);
    assertThat(f.log.nextOffset()).isZero();

    f.leader.reconfigure(new PartitionSettings(f.log.config(), ValidationRules.DEFAULT, 1));
    Append again = append(1, 0);
    agree(1);
    await(again);
    assertThat(again.error()).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldAskAgainAfterAMarker() {
    Append first = append(1, 0);
    end(1, false);
    agree(0);
    f.loop.await(() -> asked.size() == 2);
    assertThat(first.complete).isFalse();
    agree(1);
    await(first);
    assertThat(first.error()).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldRefuseATransactionalBatchWithoutAnId() {
    Append append = append(1, 0, null);
    assertThat(append.error()).isEqualTo(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    assertThat(asked).isEmpty();
  }

  @Test
  void shouldGiveWhatWaitsToItsSuccessor() {
    Append append = append(1, 0);
    List<ProduceAppend> moved = new ArrayList<>();
    f.leader.resign(Errors.NOT_LEADER_OR_FOLLOWER, new Successor(moved));
    agree(0);
    assertThat(moved).containsExactly(append);
  }

  @Test
  void shouldShowCommittedReadersWhatIsDecided() {
    Append first = append(1, 0);
    agree(0);
    await(first);
    Reader reader = new Reader();
    f.leader.read(reader, new FetchAsk(0, EPOCH, -1, 1_000, true, true, null, 1));
    assertThat(reader.read.get(0).slice()).isNull();
    assertThat(reader.read.get(0).lastStableOffset()).isZero();
    assertThat(reader.read.get(0).highWatermark()).isOne();
    assertThat(end(1, false)).isEqualTo(Errors.NONE);
    FetchAnswer fired = reader.fired.get(0);
    assertThat(fired.aborted()).containsExactly(new AbortedTransaction(1, 0));
    assertThat(fired.lastStableOffset()).isEqualTo(2);
    fired.slice().release();
  }

  @Test
  void shouldTellThatTooFewReplicasAreInSync() {
    f.leader.reconfigure(new PartitionSettings(f.log.config(), ValidationRules.DEFAULT, 2));
    assertThat(end(1, true)).isEqualTo(Errors.NOT_ENOUGH_REPLICAS);
  }

  private record Successor(List<ProduceAppend> moved) implements Replica {
    @Override
    public void append(ProduceAppend append) {
      moved.add(append);
    }

    @Override
    public void read(FetchRead reader, FetchAsk ask) {
      throw new AssertionError("Nobody reads");
    }

    @Override
    public void unwatch(FetchRead reader) {
      throw new AssertionError("Nobody reads");
    }
  }

  private static final class Reader extends FetchRead {
    private final List<FetchAnswer> read = new ArrayList<>();
    private final List<FetchAnswer> fired = new ArrayList<>();

    @Override
    protected void onRead(FetchAnswer answer) {
      read.add(answer);
    }

    @Override
    protected void onFired(FetchAnswer answer) {
      fired.add(answer);
    }
  }
}
