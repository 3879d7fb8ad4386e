package io.millrace.server;

import static io.millrace.cluster.MemberFixture.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.PeerAddress;
import io.millrace.cluster.Address;
import io.millrace.cluster.Member;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PeerPlacesTest {
  private final PeerPlaces places = new PeerPlaces();
  private UUID alive;

  private static PeerAddress addressOf(Member member) {
    return new PeerAddress(member.internalAddress().host(), member.internalAddress().port());
  }

  private Set<Integer> onMembers(Member... oldestFirst) {
    return places.onMembers(
        List.of(oldestFirst), (nodeId, incarnation) -> incarnation.equals(alive));
  }

  /** Another run of a node, on a port of its own. */
  private static Member runOf(int nodeId, int run) {
    Member one = member(nodeId, run, nodeId);
    return new Member(
        one.memberUuid(),
        nodeId,
        one.directoryId(),
        one.roles(),
        new Address("10.0.0." + nodeId, 1_000 + run),
        one.clusterAddress(),
        one.incarnation(),
        0);
  }

  @Test
  void shouldGoToTheYoungestOfANode() {
    onMembers(runOf(2, 1));

    assertThat(onMembers(runOf(2, 1), runOf(2, 2))).as("the first may yet be alive").isEmpty();
    assertThat(places.addressOf(2)).isEqualTo(addressOf(runOf(2, 2)));
  }

  @Test
  void shouldStayWithTheOldestOfANodeThatIsAlive() {
    alive = runOf(2, 1).incarnation();
    onMembers(runOf(2, 1), runOf(2, 2));

    assertThat(places.addressOf(2)).isEqualTo(addressOf(runOf(2, 1)));
  }

  @Test
  void shouldTellThatANodeHasTakenThePlaceOfWhatItWas() {
    onMembers(runOf(2, 1), member(3));

    assertThat(onMembers(member(3), runOf(2, 2))).containsExactly(2);
    assertThat(onMembers(member(3), runOf(2, 2))).isEmpty();
  }

  @Test
  void shouldHaveRoomAgainForWhatItForgets() {
    onMembers(IntStream.range(0, 1_024).mapToObj(id -> member(id)).toArray(Member[]::new));
    places.forget(7);
    onMembers(member(2_000));

    assertThat(places.addressOf(7)).isNull();
    assertThat(places.addressOf(2_000)).isNotNull();
  }

  @Test
  void shouldKnowWhereAMemberWasThatIsGone() {
    onMembers(member(1), member(2));
    onMembers(member(1));

    assertThat(places.addressOf(2)).isEqualTo(addressOf(member(2)));
    assertThat(places.nodeIds()).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void shouldNotKnowWhoWasNeverSeen() {
    onMembers(member(1));

    assertThat(places.addressOf(2)).isNull();
  }

  @Test
  void shouldRememberNoMoreThanItMay() {
    onMembers(IntStream.range(0, 2_000).mapToObj(id -> member(id)).toArray(Member[]::new));

    assertThat(places.nodeIds()).hasSize(1_024);
  }
}
