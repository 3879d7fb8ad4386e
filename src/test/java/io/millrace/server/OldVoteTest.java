package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.VoterId;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class OldVoteTest {
  private final VoterId self = new VoterId(3, new UUID(3, 3));
  private final VoterId other = new VoterId(1, new UUID(1, 1));

  @Test
  void shouldNameTheDirectoryThatVotesNow() {
    VoterId second = new VoterId(3, new UUID(3, 2));

    assertThat(OldVote.warning(self, Set.of(other, second)).orElseThrow())
        .contains(second.toString(), self.toString(), "millrace quorum remove 3");
  }

  @Test
  void shouldSayNothingToAVoter() {
    assertThat(OldVote.warning(self, Set.of(other, self))).isEmpty();
  }

  @Test
  void shouldSayNothingToANewNode() {
    assertThat(OldVote.warning(self, Set.of(other))).isEmpty();
  }
}
