package io.millrace.cluster.state;

import static io.millrace.cluster.MemberFixture.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cluster.Member;
import io.millrace.model.VoterId;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NomineeTest {
  private static final List<Member> OLDEST_FIRST =
      List.of(member(4), member(2), member(1), member(3));

  @Test
  void shouldNameTheOldestVoter() {
    assertThat(Nominee.of(OLDEST_FIRST, voters(1, 2, 3), null)).contains(member(2));
  }

  @Test
  void shouldPassOverTheLeaderThatIsGoneAlthoughItIsStillSeen() {
    assertThat(Nominee.of(OLDEST_FIRST, voters(1, 2, 3), member(2).voterId())).contains(member(1));
  }

  @Test
  void shouldPassOverANodeWhoseDiskWasWiped() {
    List<Member> wiped = List.of(member(2, 2, 99), member(3));

    assertThat(Nominee.of(wiped, voters(1, 2, 3), null)).contains(member(3));
  }

  @Test
  void shouldNameNobodyWhenNoVoterIsLeft() {
    assertThat(Nominee.of(OLDEST_FIRST, voters(7), null)).isEmpty();
  }

  private static Set<VoterId> voters(int... ids) {
    return java.util.Arrays.stream(ids)
        .mapToObj(id -> member(id).voterId())
        .collect(java.util.stream.Collectors.toSet());
  }
}
