package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumView;
import io.millrace.quorum.state.QuorumRules.Role;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClusterReadinessTest {
  private static final VoterId SELF = new VoterId(7, new UUID(0, 7));
  private static final VoterId[] VOTERS = {
    SELF, new VoterId(8, new UUID(0, 8)), new VoterId(9, new UUID(0, 9))
  };

  /** Broker 7 serves, and 7 is the controller; it is connected with 8. */
  private final ClusterImage image = new FakeNode();

  private static QuorumView led(VoterId leader) {
    return new QuorumView(
        SELF,
        Role.FOLLOWER,
        false,
        5,
        leader,
        40,
        42,
        Stream.of(VOTERS).map(voter -> new QuorumView.Replica(voter, true, 42, -1, -1)).toList(),
        null,
        0);
  }

  private List<String> reasons(int nodeId, boolean broker, QuorumView quorum) {
    return ClusterReadiness.reasons(nodeId, broker, image, quorum, Set.of(8));
  }

  @Test
  void shouldHaveNothingAgainstANodeThatServes() {
    assertThat(reasons(7, true, led(SELF))).isEmpty();
  }

  @Test
  void shouldSayThatThereIsNoController() {
    assertThat(reasons(7, true, led(null)))
        .singleElement()
        .asString()
        .contains(
            "There is no controller", "voters [7, 8, 9]", "term 5", "nothing is heard of [9]");
  }

  @Test
  void shouldSayThatTheQuorumIsNotOpen() {
    assertThat(reasons(7, true, null)).singleElement().asString().contains("not been opened");
  }

  @Test
  void shouldSayThatABrokerIsNotRegistered() {
    assertThat(reasons(8, true, led(SELF)))
        .containsExactly("The controller has not registered this node yet");
    assertThat(reasons(8, false, led(SELF))).isEmpty();
  }

  @Test
  void shouldSayEverythingAtTheFirstStart() {
    assertThat(ClusterReadiness.reasons(7, true, MetadataImage.EMPTY, led(null), Set.of()))
        .hasSize(2);
  }
}
