package io.millrace.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Clock;
import io.millrace.model.TransactionMarker;
import io.millrace.record.BatchBuilder;
import io.millrace.record.ValidationRules;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a leader says of its open transactions, and how one is aborted that nobody knows. */
class OpenTransactionsTest {
  private static final int ALL = 100;

  @TempDir Path directory;
  private LeaderFixture f;
  private final List<Errors> told = new ArrayList<>();

  @BeforeEach
  void open() {
    f = new LeaderFixture(directory);
    lead(LeaderFixture.NODE);
  }

  private void lead(Integer... isr) {
    f.lead(f.loop, ValidationRules.DEFAULT, 1, isr);
  }

  @AfterEach
  void close() {
    f.close();
  }

  private static final class Append extends ProduceAppend {
    private boolean complete;

    Append(ByteBuffer batch) {
      super(new DirectRecords(batch), (short) 1, Clock.SYSTEM.wallMs() + 60_000, true);
    }

    @Override
    protected String transactionalId() {
      return "transfer";
    }

    @Override
    protected void onComplete() {
      complete = true;
    }
  }

  private void append(long producerId, int sequence) {
    Append append =
        new Append(
            new BatchBuilder()
                .transactional()
                .producer(producerId, (short) 0, sequence)
                .append(1, null, new byte[1])
                .build());
    f.leader.append(append);
    f.loop.await(() -> append.complete);
  }

  private OpenTransaction theOpenOne() {
    List<OpenTransaction> open = f.leader.openTransactions(ALL);
    assertThat(open).hasSize(1);
    return open.get(0);
  }

  @Test
  void shouldTellWhatIsInProgressOldestFirst() {
    append(8, 0);
    append(7, 0);
    append(8, 1);

    List<OpenTransaction> open = f.leader.openTransactions(ALL);

    assertThat(open).extracting(each -> each.ongoing().producerId()).containsExactly(8L, 7L);
    assertThat(open).extracting(each -> each.ongoing().firstOffset()).containsExactly(0L, 1L);
    assertThat(open).extracting(each -> each.ongoing().newestOffset()).containsExactly(2L, 1L);
    assertThat(open).allMatch(OpenTransaction::committed);
    assertThat(f.leader.openTransactions(1)).hasSize(1);
  }

  @Test
  void shouldAbortWhatIsAsItWas() {
    append(7, 0);

    f.leader.abortUnchanged(theOpenOne(), told::add);
    f.loop.await(() -> !told.isEmpty());

    assertThat(told).containsExactly(Errors.NONE);
    assertThat(f.leader.openTransactions(ALL)).isEmpty();
    assertThat(f.log.abortedTransactions(0, 1)).hasSize(1);
  }

  @Test
  void shouldNotAbortWhatWasWrittenToSince() {
    append(7, 0);
    OpenTransaction seen = theOpenOne();
    append(7, 1);

    f.leader.abortUnchanged(seen, told::add);

    assertThat(told).containsExactly(Errors.INVALID_TXN_STATE);
    assertThat(f.leader.openTransactions(ALL)).hasSize(1);
  }

  @Test
  void shouldNotAbortTheNextTransactionOfTheProducer() {
    append(7, 0);
    OpenTransaction seen = theOpenOne();
    f.leader.endTransaction(new TransactionMarker(7, (short) 0, true, 1, 0), told::add);
    f.loop.await(() -> !told.isEmpty());
    append(7, 1);

    f.leader.abortUnchanged(seen, told::add);

    assertThat(told).containsExactly(Errors.NONE, Errors.INVALID_TXN_STATE);
    assertThat(f.leader.openTransactions(ALL)).hasSize(1);
  }

  @Test
  void shouldNotAbortWhatIsNotCommitted() {
    lead(LeaderFixture.NODE, LeaderFixture.OTHER);
    append(7, 0);
    OpenTransaction seen = theOpenOne();

    f.leader.abortUnchanged(seen, told::add);

    assertThat(seen.committed()).isFalse();
    assertThat(told).containsExactly(Errors.INVALID_TXN_STATE);
  }

  @Test
  void shouldNotAbortUnderTheNextLeaderEpoch() {
    append(7, 0);
    OpenTransaction seen = theOpenOne();
    f.beginNextEpoch(LeaderFixture.NODE);

    f.leader.abortUnchanged(seen, told::add);

    assertThat(told).containsExactly(Errors.INVALID_TXN_STATE);
  }
}
