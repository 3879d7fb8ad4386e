package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.state.PartitionUpdate.Terms;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicId;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One partition with replicas 1, 2, 3 and {@code min.insync.replicas} 2, unless said otherwise. */
class PartitionUpdateTest {
  private static final TopicId TOPIC = new TopicId(1, 1);

  private static PartitionUpdate update(
      List<Integer> isr, List<Integer> lastIsr, int leader, Integer... active) {
    return update(isr, lastIsr, leader, new Terms(Set.of(active)::contains, 2, false, true, true));
  }

  private static PartitionUpdate update(
      List<Integer> isr, List<Integer> lastIsr, int leader, Terms terms) {
    return new PartitionUpdate(
        TOPIC, new PartitionImage(0, List.of(1, 2, 3), isr, lastIsr, leader, 5, 9), terms);
  }

  private static Terms unclean(boolean marks, Integer... active) {
    return new Terms(Set.of(active)::contains, 2, true, marks, marks);
  }

  private static PartitionChange change(
      List<Integer> isr,
      List<Integer> lastIsr,
      Integer leader,
      Boolean possibleLoss,
      List<Integer> maybeCut) {
    return new PartitionChange(
        TOPIC, 0, null, isr, lastIsr, leader, possibleLoss, null, null, maybeCut);
  }

  private static PartitionUpdate cut(List<Integer> isr, List<Integer> maybeCut, Integer... active) {
    PartitionImage image =
        new PartitionImage(
            0, List.of(1, 2, 3), isr, List.of(), -1, 5, 9, false, List.of(), List.of(), maybeCut);
    return new PartitionUpdate(
        TOPIC, image, new Terms(Set.of(active)::contains, 2, false, true, true));
  }

  private static PartitionChange change(
      List<Integer> isr, List<Integer> lastIsr, Integer leader, Boolean possibleLoss) {
    return new PartitionChange(TOPIC, 0, null, isr, lastIsr, leader, possibleLoss);
  }

  @Test
  void shouldKeepALeaderThatMayLead() {
    assertThat(update(List.of(2, 1), List.of(), 2, 1, 2).elect().build()).isNull();
  }

  @Test
  void shouldElectTheFirstReplicaInTheIsr() {
    assertThat(update(List.of(3, 2), List.of(), -1, 1, 2, 3).elect().build())
        .isEqualTo(change(null, null, 2, null));
  }

  @Test
  void shouldShrinkTheIsrAndMoveTheLeader() {
    assertThat(update(List.of(1, 2, 3), List.of(), 1, 2, 3).leave(1).elect().build())
        .isEqualTo(change(List.of(2, 3), null, 2, null));
  }

  @Test
  void shouldRememberWhoLeavesAnIsrThatGetsTooSmall() {
    assertThat(update(List.of(1, 2), List.of(), 1, 1).leave(2).elect().build())
        .isEqualTo(change(List.of(1), List.of(2), null, null));
  }

  @Test
  void shouldKeepTheLastMemberAndHaveNoLeader() {
    assertThat(update(List.of(1), List.of(2), 1).leave(1).elect().build())
        .isEqualTo(change(null, null, -1, null));
  }

  @Test
  void shouldElectFromTheLastIsr() {
    assertThat(update(List.of(1), List.of(2), -1, 2, 3).elect().build())
        .isEqualTo(change(List.of(2), List.of(1), 2, null));
  }

  @Test
  void shouldNotElectAReplicaThatLacksSomething() {
    PartitionUpdate update = update(List.of(1), List.of(2), -1, 3).elect();
    assertThat(update.build()).isNull();
    assertThat(update.leader()).isEqualTo(-1);
  }

  @Test
  void shouldElectAnybodyWhereTheTopicAllowsIt() {
    assertThat(update(List.of(1), List.of(2), -1, unclean(true, 3)).elect().build())
        .isEqualTo(change(List.of(3), List.of(), 3, true));
  }

  @Test
  void shouldElectCleanlyIfItCan() {
    assertThat(update(List.of(1), List.of(3), -1, unclean(true, 2, 3)).elect().build())
        .isEqualTo(change(List.of(3), List.of(1), 3, null));
  }

  @Test
  void shouldNotMarkALossBeforeThatIsFinalized() {
    assertThat(update(List.of(1), List.of(), -1, unclean(false, 3)).elect().build())
        .isEqualTo(change(List.of(3), null, 3, null));
  }

  @Test
  void shouldForgetTheLastIsrWhenTheIsrIsLargeEnough() {
    assertThat(update(List.of(1), List.of(2, 3), 1, 1, 3).changeIsr(List.of(1, 3)).build())
        .isEqualTo(change(List.of(1, 3), List.of(), null, null));
  }

  @Test
  void shouldLetAReplicaThatLostItsTailLeave() {
    assertThat(update(List.of(1, 2), List.of(), -1).loseTail(1, false).elect().build())
        .isEqualTo(change(List.of(2), null, null, null, List.of(1)));
    assertThat(update(List.of(2), List.of(1), -1).loseTail(1, false).elect().build())
        .isEqualTo(change(null, List.of(), null, null, List.of(1)));
  }

  @Test
  void shouldWaitForTheLastIsrRatherThanForAReplicaThatLostItsTail() {
    assertThat(update(List.of(1), List.of(2, 3), 1, 3).loseTail(1, false).elect().build())
        .isEqualTo(change(List.of(2, 3), List.of(), 3, null, List.of(1)));
  }

  @Test
  void shouldKeepTheOnlyMemberThoughItLostItsTailAndSaySo() {
    assertThat(update(List.of(1), List.of(), 1, 1).loseTail(1, false).elect().build())
        .isEqualTo(change(null, null, 1, true));
  }

  @Test
  void shouldLetNobodyLeadWhenTheLogsOfAllMayBeCut() {
    PartitionUpdate update = cut(List.of(2), List.of(3), 2, 3).loseTail(2, false).elect();
    assertThat(update.leader()).isEqualTo(-1);
    assertThat(update.build()).isEqualTo(change(null, null, null, null, List.of(3, 2)));
  }

  @Test
  void shouldTakeTheLeadFromTheLastMemberWhoseLogMayBeCut() {
    PartitionImage led =
        new PartitionImage(
            0,
            List.of(1, 2),
            List.of(1),
            List.of(),
            1,
            5,
            9,
            false,
            List.of(),
            List.of(),
            List.of(2));
    Terms terms = new Terms(Set.of(1, 2)::contains, 2, false, true, true);
    assertThat(new PartitionUpdate(TOPIC, led, terms).loseTail(1, false).elect().build())
        .isEqualTo(change(null, null, -1, null, List.of(2, 1)));
  }

  @Test
  void shouldLetNobodyLeadAsPreferredOrBySettingBeforeLogsAreCompared() {
    assertThat(cut(List.of(1), List.of(1, 2), 1, 2).electPreferred().elect().build()).isNull();
    assertThat(cut(List.of(1), List.of(1, 2), 1, 2).electIfNone().build()).isNull();
  }

  @Test
  void shouldRememberWhoComesBackWithoutItsTailWhileNobodyLeads() {
    assertThat(cut(List.of(1), List.of(), 2).loseTail(2, false).elect().build())
        .isEqualTo(change(null, null, null, null, List.of(2)));
  }

  @Test
  void shouldRememberNobodyWhoIsOutsideOfALeadersIsr() {
    assertThat(update(List.of(1), List.of(), 1, 1, 2).loseTail(2, false).elect().build()).isNull();
  }

  @Test
  void shouldNotRememberAnythingBeforeThatIsFinalized() {
    Terms terms = new Terms(Set.of(1, 2)::contains, 2, false, true, false);
    assertThat(update(List.of(1, 2), List.of(), 1, terms).loseTail(1, false).elect().build())
        .isEqualTo(change(List.of(2), null, 2, null));
  }

  @Test
  void shouldRememberWhoIsFencedWhileNobodyOfTheOthersIsHeardOf() {
    assertThat(
            update(List.of(1, 2, 3), List.of(), 1, 2, 3).goMissing(1, id -> false).elect().build())
        .isEqualTo(change(List.of(2, 3), null, 2, null, List.of(1)));
    assertThat(
            update(List.of(1, 2, 3), List.of(), 1, 2, 3)
                .goMissing(1, id -> id == 3)
                .elect()
                .build())
        .isEqualTo(change(List.of(2, 3), null, 2, null));
  }

  @Test
  void shouldRememberNobodyWhoHasEverything() {
    assertThat(update(List.of(1, 2), List.of(), 1, 2).goMissing(1, id -> false).elect().build())
        .isEqualTo(change(List.of(2), List.of(1), 2, null));
  }

  @Test
  void shouldForgetALogThatIsGone() {
    assertThat(cut(List.of(1), List.of(2), 2).loseTail(2, true).elect().build())
        .isEqualTo(change(null, null, null, null, List.of()));
  }

  @Test
  void shouldWaitForTheOthersWhenTheLastMemberHasNothingLeft() {
    assertThat(cut(List.of(1), List.of(1, 3, 2), 1, 2, 3).loseTail(1, true).elect().build())
        .isEqualTo(change(List.of(2), null, null, null, List.of(3, 2)));
  }

  @Test
  void shouldAskAllOthersWhenTheLastMemberHasNothingLeftAndNobodyIsRemembered() {
    assertThat(update(List.of(2), List.of(), 2, 1, 2, 3).loseTail(2, true).elect().build())
        .isEqualTo(change(List.of(1), null, -1, null, List.of(1, 3)));
  }

  @Test
  void shouldLetTheOtherOfTwoLeadWhenTheLastMemberHasNothingLeft() {
    PartitionImage pair = new PartitionImage(0, List.of(1, 2), List.of(1), List.of(), 1, 5, 9);
    Terms terms = new Terms(Set.of(1, 2)::contains, 1, false, true, true);
    assertThat(new PartitionUpdate(TOPIC, pair, terms).loseTail(1, true).elect().build())
        .isEqualTo(change(List.of(2), null, 2, true));
  }

  @Test
  void shouldKeepALastMemberWithNothingLeftBeforeOthersCanBeRemembered() {
    Terms terms = new Terms(Set.of(1, 2, 3)::contains, 1, false, true, false);
    assertThat(update(List.of(2), List.of(), 2, terms).loseTail(2, true).elect().build())
        .isEqualTo(change(null, null, 2, true));
  }

  @Test
  void shouldSettleForTheOnlyLogThatIsLeft() {
    assertThat(cut(List.of(1), List.of(3), 1, 3).loseTail(1, true).elect().build())
        .isEqualTo(change(List.of(3), null, 3, true, List.of()));
    assertThat(cut(List.of(1), List.of(1, 3), 1).forget(3).electIfNone().build())
        .isEqualTo(change(null, null, 1, true, List.of()));
    assertThat(cut(List.of(1), List.of(1, 3), 3).forget(1).electIfNone().build())
        .isEqualTo(change(List.of(3), null, 3, true, List.of()));
  }

  @Test
  void shouldRememberTheOthersUntilTheyAreInSyncWithTheBest() {
    assertThat(cut(List.of(1), List.of(1, 2, 3), 1, 2, 3).leadUncleanly(3, true).build())
        .isEqualTo(change(List.of(3), null, 3, true, List.of(1, 2)));
    assertThat(cut(List.of(3), List.of(1, 2), 1, 2, 3).changeIsr(List.of(3, 1)).build())
        .isEqualTo(change(List.of(3, 1), null, null, null, List.of(2)));
  }

  @Test
  void shouldGiveUpTheOthersWhenSomebodyDidNotWaitForThem() {
    assertThat(cut(List.of(1), List.of(1, 2), 3).leadUncleanly(3, false).build())
        .isEqualTo(change(List.of(3), null, 3, true, List.of()));
  }

  @Test
  void shouldCompleteNoReassignmentBeforeLogsAreCompared() {
    PartitionChange change =
        cut(List.of(1), List.of(1, 2), 1, 2).reassign(List.of(1)).elect().build();
    assertThat(change.removing()).containsExactly(2, 3);
    assertThat(change.replicas()).isNull();
    assertThat(change.maybeCut()).isNull();
  }

  @Test
  void shouldNotTakeASingleReplicaForMoreThanItIs() {
    PartitionImage alone = new PartitionImage(0, List.of(1), List.of(1), List.of(), 1, 5, 9);
    Terms terms = new Terms(Set.of(1)::contains, 2, false, true, true);
    assertThat(new PartitionUpdate(TOPIC, alone, terms).loseTail(1, false).elect().build())
        .isEqualTo(change(null, null, 1, null));
    assertThat(new PartitionUpdate(TOPIC, alone, terms).loseTail(1, true).elect().build())
        .isEqualTo(change(null, null, 1, true));
  }

  @Test
  void shouldTakeTheMarkBackWhenAnotherReplicaIsInSync() {
    PartitionImage marked =
        new PartitionImage(0, List.of(1, 2), List.of(1), List.of(), 1, 5, 9, true);
    Terms terms = new Terms(Set.of(1, 2)::contains, 1, false, true, true);
    assertThat(new PartitionUpdate(TOPIC, marked, terms).changeIsr(List.of(1, 2)).build())
        .isEqualTo(change(List.of(1, 2), null, null, false));
  }

  @Test
  void shouldNeedNoMoreReplicasThanThereAre() {
    PartitionImage pair = new PartitionImage(0, List.of(1, 2), List.of(1, 2), List.of(), 1, 5, 9);
    Terms terms = new Terms(Set.of(1)::contains, 3, false, true, true);
    assertThat(new PartitionUpdate(TOPIC, pair, terms).leave(2).elect().build())
        .isEqualTo(change(List.of(1), List.of(2), null, null));
  }
}
