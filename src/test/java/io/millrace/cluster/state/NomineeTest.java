package io.millrace.cluster.state;

import static io.millrace.cluster.MemberFixture.member;
import static io.millrace.cluster.MemberFixture.voterIds;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cluster.Member;
import java.util.List;
import org.junit.jupiter.api.Test;

class NomineeTest {
  private static final List<Member> OLDEST_FIRST =
      List.of(member(4), member(2), member(1), member(3));

  private static boolean isTurnOf(int nodeId, List<Member> members, long leaderlessMs) {
    return Nominee.isTurnOf(member(nodeId).voterId(), members, voterIds(1, 2, 3), leaderlessMs);
  }

  @Test
  void shouldNameTheOldestVoter() {
    assertThat(isTurnOf(2, OLDEST_FIRST, 0)).isTrue();
    assertThat(isTurnOf(1, OLDEST_FIRST, 0)).isFalse();
    assertThat(isTurnOf(4, OLDEST_FIRST, 10_000)).as("a learner").isFalse();
  }

  @Test
  void shouldLetVotersTakeTurnsWhileNobodyGetsElected() {
    assertThat(turnAt(Nominee.TURN_MS - 1)).containsExactly(2);
    assertThat(turnAt(Nominee.TURN_MS)).containsExactly(1);
    assertThat(turnAt(2 * Nominee.TURN_MS)).containsExactly(3);
    assertThat(turnAt(3 * Nominee.TURN_MS)).containsExactly(2);
  }

  private static List<Integer> turnAt(long leaderlessMs) {
    return OLDEST_FIRST.stream()
        .map(Member::nodeId)
        .filter(nodeId -> isTurnOf(nodeId, OLDEST_FIRST, leaderlessMs))
        .toList();
  }

  @Test
  void shouldPassOverANodeWhoseDiskWasWiped() {
    assertThat(isTurnOf(3, List.of(member(2, 2, 99), member(3)), 0)).isTrue();
  }

  @Test
  void shouldNotNameAVoterThatDoesNotSeeItself() {
    assertThat(isTurnOf(1, List.of(member(2), member(3)), 10_000)).isFalse();
  }
}
