package io.millrace.cluster.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.VoterId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FirstVotersTest {
  private static VoterId id(int nodeId) {
    return new VoterId(nodeId, new UUID(0, nodeId));
  }

  private static Visible member(int nodeId, boolean mayVote) {
    return new Visible(id(nodeId), mayVote, Set.of("10.0.0." + nodeId + ":1"));
  }

  private static FirstVoters.Seeds seeds(int... nodeIds) {
    return new FirstVoters.Seeds(
        IntStream.of(nodeIds).mapToObj(nodeId -> "10.0.0." + nodeId + ":1").toList());
  }

  private static FirstVoters.Found among(FirstVoters voters, Visible... members) {
    return voters.among(id(1), List.of(members), Map.of());
  }

  private static Visible[] members(int... nodeIds) {
    return Arrays.stream(nodeIds).mapToObj(n -> member(n, true)).toArray(Visible[]::new);
  }

  @Test
  void shouldTakeTheFirstThreeThatMayVote() {
    FirstVoters.Found found =
        among(
            seeds(4, 1, 2, 3, 5),
            member(1, true),
            member(2, false),
            member(3, true),
            member(4, true));
    assertThat(found.voters()).containsExactlyInAnyOrder(id(4), id(1), id(3));
    assertThat(found.complete()).isFalse();
  }

  @Test
  void shouldWaitForASeedThatMayComeBeforeTheThird() {
    FirstVoters.Found found = among(seeds(1, 2, 3, 4), members(1, 3, 4));
    assertThat(found.voters()).isEmpty();
    assertThat(found.missing()).containsExactly("the seed 10.0.0.2:1 is not there yet");
  }

  @Test
  void shouldTakeTheFirstAloneOfFewerThanThree() {
    assertThat(among(seeds(1, 2), members(1)).voters()).containsExactly(id(1));
    assertThat(among(seeds(1, 2), members(1)).complete()).isFalse();
    assertThat(among(seeds(2, 1), members(1)).voters()).isEmpty();
    assertThat(among(seeds(1, 2, 3), member(1, true), member(2, false), member(3, true)).voters())
        .containsExactly(id(1));
  }

  @Test
  void shouldNotBeginWithNodesThatMayNotVote() {
    FirstVoters.Found found = among(seeds(1, 2), member(1, false), member(2, false));
    assertThat(found.voters()).isEmpty();
    assertThat(found.missing().get(0)).contains("process.roles");
  }

  @Test
  void shouldCountANodeWithTwoNamesOnce() {
    FirstVoters voters = new FirstVoters.Seeds(List.of("a:1", "b:1", "c:1"));
    Map<String, SeedAddresses> looked =
        Map.of(
            "a:1", new SeedAddresses(Set.of("10.0.0.1:1"), false),
            "b:1", new SeedAddresses(Set.of("10.0.0.1:1"), false),
            "c:1", new SeedAddresses(Set.of("10.0.0.2:1"), false));
    assertThat(voters.among(id(1), List.of(members(1, 2)), looked).voters()).containsExactly(id(1));
  }

  @Test
  void shouldNotGuessWhichNodeANameStandsFor() {
    FirstVoters voters = new FirstVoters.Seeds(List.of("all:1"));
    Map<String, SeedAddresses> looked =
        Map.of("all:1", new SeedAddresses(Set.of("10.0.0.1:1", "10.0.0.2:1"), false));
    assertThat(voters.among(id(1), List.of(members(1, 2)), looked).missing().get(0))
        .contains("several nodes (node 1, node 2)");
  }

  @Test
  void shouldKnowItselfByANameThatOnlyItsOwnHostKnowsSo() {
    FirstVoters voters = new FirstVoters.Seeds(List.of("me:1"));
    Map<String, SeedAddresses> looked =
        Map.of("me:1", new SeedAddresses(Set.of("127.0.1.1:1"), true));
    assertThat(voters.among(id(1), List.of(members(2, 1)), looked).voters()).containsExactly(id(1));
  }

  @Test
  void shouldTakeTheOldestWhereNobodyIsNamed() {
    FirstVoters oldest = new FirstVoters.Oldest();
    assertThat(among(oldest, member(3, false), member(2, true), member(1, true)).voters())
        .containsExactly(id(2));
    assertThat(among(new FirstVoters.Nobody(), members(1)).voters()).isEmpty();
  }
}
