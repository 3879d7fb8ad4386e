package io.millrace.api.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.api.transactions.HangingWatch.Overdue;
import io.millrace.coordinator.transaction.TakingPart;
import io.millrace.log.OngoingTransaction;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import io.millrace.partition.OpenTransaction;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HangingWatchTest {
  private static final long PATIENCE = 1_000;
  private static final TakingPart PART = new TakingPart(7, new TopicPartition("t", 0));

  private final HangingWatch watch = new HangingWatch(PATIENCE, 3);

  private static OpenTransaction open(long producerId, long newestOffset) {
    return open(producerId, 5, newestOffset, true);
  }

  private static OpenTransaction open(
      long producerId, int leaderEpoch, long newestOffset, boolean committed) {
    return new OpenTransaction(
        new TopicIdPartition(TestImage.idOf("t"), "t", 0),
        leaderEpoch,
        new OngoingTransaction(producerId, (short) 1, -1, 10, newestOffset),
        committed);
  }

  private List<Overdue> overdue(OpenTransaction open) {
    watch.onSeen(List.of(open), 0);
    return watch.onSeen(List.of(open), PATIENCE);
  }

  @Test
  void shouldAskOnlyAboutWhatIsInProgressForTooLong() {
    OpenTransaction open = open(7, 10);

    assertThat(watch.onSeen(List.of(open), 500)).isEmpty();
    assertThat(watch.onSeen(List.of(open), 1_499)).isEmpty();
    assertThat(watch.onSeen(List.of(open), 1_500)).containsExactly(new Overdue(open, 500));
  }

  @Test
  void shouldEndWhatNobodyKnowsTwiceInARow() {
    List<Overdue> overdue = overdue(open(7, 10));

    assertThat(watch.onAnswer(overdue, Set.of())).isEmpty();
    assertThat(watch.onAnswer(overdue, Set.of())).isEqualTo(overdue);
  }

  @Test
  void shouldNotEndWhatACoordinatorKnows() {
    List<Overdue> overdue = overdue(open(7, 10));

    watch.onAnswer(overdue, Set.of());
    assertThat(watch.onAnswer(overdue, Set.of(PART))).isEmpty();
    assertThat(watch.onAnswer(overdue, Set.of())).isEmpty();
  }

  @Test
  void shouldBeginAnewWhenNotAllHaveAnswered() {
    List<Overdue> overdue = overdue(open(7, 10));

    watch.onAnswer(overdue, Set.of());
    watch.onUnanswered();

    assertThat(watch.onAnswer(overdue, Set.of())).isEmpty();
  }

  @Test
  void shouldBeginAnewWhenSomethingWasWrittenInBetween() {
    watch.onAnswer(overdue(open(7, 10)), Set.of());

    List<Overdue> later = watch.onSeen(List.of(open(7, 11)), PATIENCE);

    assertThat(later).hasSize(1);
    assertThat(watch.onAnswer(later, Set.of())).isEmpty();
    assertThat(watch.onAnswer(later, Set.of())).isEqualTo(later);
  }

  @Test
  void shouldNotEndWhatIsNotCommitted() {
    List<Overdue> overdue = overdue(open(7, 5, 10, false));

    watch.onAnswer(overdue, Set.of());

    assertThat(watch.onAnswer(overdue, Set.of())).isEmpty();
  }

  @Test
  void shouldCountTheTimeAnewUnderAnotherLeader() {
    overdue(open(7, 5, 10, true));

    assertThat(watch.onSeen(List.of(open(7, 6, 10, true)), 5_000)).isEmpty();
  }

  @Test
  void shouldForgetWhatIsOver() {
    List<Overdue> overdue = overdue(open(7, 10));
    watch.onAnswer(overdue, Set.of());
    watch.onSeen(List.of(), PATIENCE);

    assertThat(watch.onAnswer(overdue, Set.of())).isEmpty();
    assertThat(watch.onSeen(List.of(open(7, 10)), 9_000)).isEmpty();
  }

  @Test
  void shouldRememberNoMoreThanItMay() {
    List<OpenTransaction> four = List.of(open(1, 10), open(2, 10), open(3, 10), open(4, 10));
    watch.onSeen(four, 0);

    assertThat(watch.onSeen(four, PATIENCE)).hasSize(3);
  }
}
