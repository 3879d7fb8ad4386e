package io.millrace.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.TestLoop;
import io.millrace.partition.IsrChanges.Outcome;
import io.millrace.partition.state.IsrProposal;
import io.millrace.partition.state.LeaderState;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Node 1 leads alone, with 10 records; 2 and 3 have replicas. */
class IsrKeeperTest {
  private static final int END = 10;

  private final TestLoop loop = new TestLoop();
  private final AskedIsr controller = new AskedIsr();
  private final LeaderState state =
      new LeaderState(
          1, new LeaderState.Committed(7, 0, List.of(1, 2, 3), List.of(1)), 2, END, 0, 0);
  private long nowMs;
  private final Leader leader = new Leader();
  private final IsrKeeper keeper =
      new IsrKeeper(loop, RealLog.ID, state, controller, 30_000, leader);

  private final class Leader implements IsrKeeper.Leader {
    @Override
    public void onRefused(IsrProposal proposal) {
      state.onRefused(proposal);
    }

    @Override
    public long nowMs() {
      return nowMs;
    }
  }

  private void fetches(int replica) {
    state.onFollowerFetch(replica, 70 + replica, END, 0);
    keeper.onFollowerFetch(replica);
  }

  @BeforeEach
  void letOneJoinWhileAnotherIsProposed() {
    fetches(2);
    fetches(3);
    assertThat(controller.asked).hasSize(1);
  }

  @Test
  void shouldProposeWhoCaughtUpDuringAProposalWhenThatIsCommitted() {
    controller.answer(new Outcome.Committed(1, List.of(1, 2)));
    // The image has it.
    state.onCommitted(new LeaderState.Committed(7, 1, List.of(1, 2, 3), List.of(1, 2)), 2, 0);
    keeper.review();

    loop.await(() -> controller.asked.size() == 2);
    assertThat(controller.asked.get(1).joining()).containsExactly(3);
  }

  @Test
  void shouldSoonDropAMemberThatLacksSomethingAndHasNoSpace() {
    state.onCommitted(new LeaderState.Committed(7, 1, List.of(1, 2, 3), List.of(1, 2)), 2, 0);
    state.onLocalEnd(END + 1, 0);
    keeper.review();
    controller.answer(new Outcome.Refused("3 cannot join"));
    loop.await(() -> state.proposed() == null);
    controller.full.add(2);
    nowMs = 1_500;

    keeper.review();

    assertThat(controller.asked).last().extracting(IsrProposal::leaving).isEqualTo(List.of(2));
  }

  @Test
  void shouldProposeWhoCaughtUpDuringAProposalWhenNothingHadToChange() {
    controller.answer(new Outcome.Committed(0, List.of(1, 2)));

    loop.await(() -> controller.asked.size() == 2);
    assertThat(controller.asked.get(1).joining()).contains(3);
  }
}
