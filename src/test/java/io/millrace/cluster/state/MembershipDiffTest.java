package io.millrace.cluster.state;

import static io.millrace.cluster.MemberFixture.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cluster.Member;
import io.millrace.cluster.MembershipChange.Joined;
import io.millrace.cluster.MembershipChange.Left;
import java.util.List;
import org.junit.jupiter.api.Test;

class MembershipDiffTest {
  private static final Member A = member(1);
  private static final Member B = member(2);
  private static final Member C = member(3);
  private static final Member B_AGAIN = member(2, 22, 2);

  @Test
  void shouldAnnounceThoseWhoArePresentOldestFirst() {
    assertThat(MembershipDiff.between(List.of(), List.of(B, A)))
        .containsExactly(new Joined(B, List.of(B)), new Joined(A, List.of(B, A)));
  }

  @Test
  void shouldAnnounceWhoLeftBeforeWhoJoined() {
    assertThat(MembershipDiff.between(List.of(A, B), List.of(A, C)))
        .containsExactly(new Left(B, List.of(A)), new Joined(C, List.of(A, C)));
  }

  @Test
  void shouldTakeAMemberThatCameBackForAnother() {
    assertThat(MembershipDiff.between(List.of(A, B, C), List.of(A, C, B_AGAIN)))
        .containsExactly(new Left(B, List.of(A, C)), new Joined(B_AGAIN, List.of(A, C, B_AGAIN)));
  }

  @Test
  void shouldEndWithTheNewOrderWhenHalvesMerge() {
    var changes = MembershipDiff.between(List.of(B), List.of(A, C, B_AGAIN));

    assertThat(changes).hasSize(4).first().isEqualTo(new Left(B, List.of()));
    assertThat(changes.get(3).members()).containsExactly(A, C, B_AGAIN);
  }

  @Test
  void shouldSayNothingWhenNothingChanged() {
    assertThat(MembershipDiff.between(List.of(A, B), List.of(A, B))).isEmpty();
  }
}
