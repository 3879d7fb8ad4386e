package io.millrace.cluster.state;

import static io.millrace.cluster.MemberFixture.member;
import static io.millrace.cluster.MemberFixture.voterIds;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cluster.Member;
import io.millrace.model.VoterId;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PromotionTest {
  private static final List<Member> OLDEST_FIRST =
      List.of(member(4), member(2), member(1), member(3));

  @Test
  void shouldBeginWithTheOldestThatFollows() {
    assertThat(Promotion.next(OLDEST_FIRST, voterIds(4), voterIds(1, 2), 3))
        .contains(member(2).voterId());
  }

  @Test
  void shouldGoOnWithTheNextOne() {
    assertThat(Promotion.next(OLDEST_FIRST, voterIds(4, 2), voterIds(1, 3), 3))
        .contains(member(1).voterId());
  }

  @Test
  void shouldStayAloneBesideASecondNodeSinceTwoVotersStopWithEither() {
    assertThat(Promotion.next(OLDEST_FIRST, voterIds(4), voterIds(2), 3)).isEmpty();
  }

  @Test
  void shouldFillThePlaceOfAVoterThatWasRemoved() {
    assertThat(Promotion.next(OLDEST_FIRST, voterIds(4, 2), voterIds(3), 3))
        .contains(member(3).voterId());
  }

  @Test
  void shouldNotMakeFourOfThree() {
    assertThat(Promotion.next(OLDEST_FIRST, voterIds(4, 2, 1), voterIds(3), 5)).isEmpty();
  }

  @Test
  void shouldLeaveItAtTheTarget() {
    assertThat(Promotion.next(OLDEST_FIRST, voterIds(4, 2, 1), voterIds(3, 5), 3)).isEmpty();
  }

  @Test
  void shouldPassOverANodeThatVotesWithAnotherDisk() {
    List<Member> wiped = List.of(member(1), member(2, 2, 99), member(3));
    Set<VoterId> following = Set.of(member(2, 2, 99).voterId(), member(3).voterId());

    assertThat(Promotion.next(wiped, voterIds(1, 2), following, 3)).contains(member(3).voterId());
  }
}
