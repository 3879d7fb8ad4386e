package io.millrace.server;

import static io.millrace.cluster.MemberFixture.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.PeerAddress;
import io.millrace.cluster.Member;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PeerPlacesTest {
  private final PeerPlaces places = new PeerPlaces();

  private static PeerAddress addressOf(Member member) {
    return new PeerAddress(member.internalAddress().host(), member.internalAddress().port());
  }

  @Test
  void shouldKnowWhereAMemberWasThatIsGone() {
    places.onMembers(List.of(member(1), member(2)));
    places.onMembers(List.of(member(1)));

    assertThat(places.addressOf(2)).isEqualTo(addressOf(member(2)));
    assertThat(places.nodeIds()).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void shouldNotKnowWhoWasNeverSeen() {
    places.onMembers(List.of(member(1)));

    assertThat(places.addressOf(2)).isNull();
  }

  @Test
  void shouldRememberNoMoreThanItMay() {
    places.onMembers(IntStream.range(0, 2_000).mapToObj(id -> member(id)).toList());

    assertThat(places.nodeIds()).hasSize(1_024);
  }
}
