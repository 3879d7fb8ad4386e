package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.it.TransactionCheck.Copy;
import io.millrace.it.TransactionLedger.TransactionId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the check of transactions says of bad histories. */
class TransactionCheckTest {
  private final TransactionLedger ledger = new TransactionLedger();
  private final TransactionCheck check = new TransactionCheck(ledger, List.of("t-0", "t-1"), 2);
  private final TransactionId committed = ledger.begin("w");
  private final TransactionId aborted = ledger.begin("w");
  private final TransactionId unknown = ledger.begin("w");
  private long nextOffset = 10;

  TransactionCheckTest() {
    ledger.commitAsked(committed);
    ledger.committed(committed);
    ledger.commitAsked(unknown);
  }

  private TransactionRecord record(TransactionId id, int sequence, String place) {
    return new TransactionRecord(id, sequence, place, nextOffset++);
  }

  private List<TransactionRecord> all(TransactionId id) {
    List<TransactionRecord> all = new ArrayList<>();
    for (String place : check.places()) {
      all.add(record(id, 0, place));
      all.add(record(id, 1, place));
    }
    return all;
  }

  private List<TransactionRecord> all(TransactionId one, TransactionId other) {
    List<TransactionRecord> all = all(one);
    all.addAll(all(other));
    return all;
  }

  private void assertOneProblem(List<TransactionRecord> seen, String says) {
    assertThat(check.ofCommitted(seen)).singleElement().asString().contains(says);
  }

  @Test
  void shouldTakeAllOrNothingOfWhatIsUnknown() {
    assertThat(check.ofCommitted(all(committed))).isEmpty();
    assertThat(check.ofCommitted(all(committed, unknown))).isEmpty();
  }

  @Test
  void shouldMissAnAcknowledgedCommit() {
    assertOneProblem(List.of(), "transaction 0 of w (COMMITTED) is seen nowhere");
  }

  @Test
  void shouldMissARecordOfAnAcknowledgedCommit() {
    List<TransactionRecord> seen = all(committed);
    seen.remove(3);
    assertOneProblem(
        seen,
        "transaction 0 of w (COMMITTED) has the sequence [0] instead of [0, 1] in t-1, seen at"
            + " [t-0@10, t-0@11, t-1@12]");
  }

  @Test
  void shouldFindAHalfOfAnUnknownCommit() {
    List<TransactionRecord> seen = all(committed);
    seen.add(record(unknown, 0, "t-0"));
    seen.add(record(unknown, 1, "t-0"));
    assertOneProblem(
        seen,
        "transaction 2 of w (UNKNOWN) has the sequence [] instead of [0, 1] in t-1, seen at"
            + " [t-0@14, t-0@15]");
  }

  @Test
  void shouldFindARecordThatIsThereTwice() {
    List<TransactionRecord> seen = all(committed);
    seen.add(2, record(committed, 1, "t-0"));
    assertOneProblem(seen, "[0, 1, 1] instead of [0, 1] in t-0");
  }

  @Test
  void shouldFindRecordsInAnotherOrder() {
    List<TransactionRecord> seen = all(committed);
    seen.add(0, seen.remove(1));
    assertOneProblem(seen, "[1, 0] instead of [0, 1] in t-0");
  }

  @Test
  void shouldFindTransactionsInAnotherOrder() {
    assertThat(check.ofCommitted(all(unknown, committed)))
        .containsExactly(
            "transaction 0 of w at t-0@14 comes after transaction 2 of w at t-0@11",
            "transaction 0 of w at t-1@16 comes after transaction 2 of w at t-1@13");
  }

  @Test
  void shouldFindWhatWasNotCommitted() {
    List<TransactionRecord> seen = all(committed);
    seen.add(record(aborted, 0, "t-1"));
    assertOneProblem(seen, "transaction 1 of w (NOT_COMMITTED) is seen at [t-1@14]");
  }

  @Test
  void shouldFindWhatNobodyHasWritten() {
    List<TransactionRecord> seen = all(committed);
    seen.add(record(new TransactionId("w", 7), 0, "t-0"));
    assertOneProblem(seen, "nobody has written transaction 7 of w, seen at [t-0@14]");
  }

  @Test
  void shouldFindWhatAFencedProducerWrote() {
    assertThat(check.ofUncommitted(all(aborted))).isEmpty();
    assertThat(check.ofUncommitted(List.of(record(aborted, TransactionRecord.AFTER_FENCE, "t-1"))))
        .containsExactly("transaction 1 of w wrote at t-1@14 after its producer had been fenced");
  }

  private static List<Copy> copies(long... fromOffsets) {
    List<Copy> copies = new ArrayList<>();
    for (long fromOffset : fromOffsets) {
      copies.add(new Copy(fromOffset, "c-0", copies.size()));
    }
    return copies;
  }

  @Test
  void shouldTakeACopyThatHasAllOnce() {
    assertThat(TransactionCheck.ofCopy("t-0", List.of(1L, 2L, 5L), copies(1, 2, 5))).isEmpty();
  }

  @Test
  void shouldFindWhatIsWrongWithACopy() {
    assertThat(TransactionCheck.ofCopy("t-0", List.of(1L, 2L), copies(1, 2, 2)))
        .containsExactly("t-0@2 (at c-0@2) was copied already: 2 (at c-0@1)");
    assertThat(TransactionCheck.ofCopy("t-0", List.of(1L, 2L), copies(2, 1)))
        .containsExactly("t-0@1 (at c-0@1) was copied after 2");
    assertThat(TransactionCheck.ofCopy("t-0", List.of(1L, 2L), copies(1)))
        .containsExactly("t-0@2 was not copied");
    assertThat(TransactionCheck.ofCopy("t-0", List.of(1L), copies(1, 3)))
        .containsExactly("t-0@3 (at c-0@1) is no committed record");
  }
}
