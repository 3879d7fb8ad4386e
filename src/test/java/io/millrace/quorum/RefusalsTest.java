package io.millrace.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.VoterId;
import io.millrace.quorum.state.VoterChange.Refusal;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RefusalsTest {
  private final VoterId old = new VoterId(3, new UUID(1, 3));
  private final VoterId now = new VoterId(3, new UUID(2, 3));
  private final Set<VoterId> voters = Set.of(new VoterId(1, new UUID(1, 1)), old);

  @Test
  void shouldNameTheVoterToRemoveFirst() {
    assertThat(Refusals.of(Refusal.NODE_IS_VOTER, now, voters))
        .hasMessageContainingAll(now.toString(), "remove that voter first: " + old);
  }

  @Test
  void shouldNameTheVoterThatTheNodeIs() {
    assertThat(Refusals.of(Refusal.NO_VOTER, now, voters))
        .hasMessage(now + " is not a voter; the node votes as " + old);
  }

  @Test
  void shouldSayThatTheNodeDoesNotVote() {
    VoterId none = new VoterId(4, new UUID(1, 4));

    assertThat(Refusals.of(Refusal.NO_VOTER, none, voters)).hasMessage(none + " is not a voter");
  }
}
