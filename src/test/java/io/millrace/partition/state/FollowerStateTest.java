package io.millrace.partition.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.EpochEnd;
import io.millrace.partition.state.FollowerState.Action;
import io.millrace.partition.state.FollowerState.Answer;
import io.millrace.partition.state.FollowerState.Step;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class FollowerStateTest {
  /** Epoch 1 from 5 to 40, epoch 3 from 40 to 60, epoch 6 from 60 to 100. */
  private static final EpochEnds LOG = log(5, 100);

  private final FollowerState state = new FollowerState(30, LOG);

  private static EpochEnds log(long start, long end) {
    return new EpochEnds() {
      @Override
      public long startOffset() {
        return start;
      }

      @Override
      public long endOffset() {
        return end;
      }

      @Override
      public long nextOffset() {
        return end;
      }

      @Override
      public EpochEnd endOf(int epoch) {
        if (epoch > 6) {
          return new EpochEnd(-1, -1);
        }
        return epoch == 6
            ? new EpochEnd(6, end)
            : epoch >= 3
                ? new EpochEnd(3, 60)
                : epoch >= 1 ? new EpochEnd(1, 40) : new EpochEnd(epoch, start);
      }
    };
  }

  private static Answer diverging(int epoch, long end) {
    return new Answer(Errors.NONE, false, 1_000, 50, epoch, end);
  }

  private static Answer agreeing(long highWatermark, long start) {
    return new Answer(Errors.NONE, true, highWatermark, start, -1, -1);
  }

  private static Answer refused(Errors error, long start) {
    return new Answer(error, false, -1, start, -1, -1);
  }

  @Test
  void shouldCutWhereTheLeadersEpochEnds() {
    assertThat(state.decide(diverging(6, 80), LOG)).isEqualTo(new Step(Action.CUT, 80));
  }

  @Test
  void shouldCutWhereItsOwnEpochEnds() {
    // The leader's epoch 5 ends at 70; the largest one here up to it, 3, does at 60.
    assertThat(state.decide(diverging(5, 70), LOG)).isEqualTo(new Step(Action.CUT, 60));
  }

  @Test
  void shouldCutEverythingOfEpochsThatTheLeaderNeverHad() {
    assertThat(state.decide(diverging(0, 2), LOG)).isEqualTo(new Step(Action.CUT, 2));
  }

  @Test
  void shouldCutWhatIsBehindTheEndOfANewerLeader() {
    assertThat(state.decide(diverging(9, 90), LOG)).isEqualTo(new Step(Action.CUT, 90));
  }

  @Test
  void shouldStartAnewOnlyBehindItsEnd() {
    assertThat(state.decide(refused(Errors.OFFSET_OUT_OF_RANGE, 101), LOG))
        .isEqualTo(new Step(Action.START_ANEW, 101));
    assertThat(state.decide(refused(Errors.OFFSET_OUT_OF_RANGE, 100), LOG).action())
        .isEqualTo(Action.WAIT);
  }

  @Test
  void shouldWaitWhenItIsRefused() {
    assertThat(state.decide(refused(Errors.FENCED_LEADER_EPOCH, -1), LOG).action())
        .isEqualTo(Action.WAIT);
  }

  @Test
  void shouldLearnNoMoreThanItHas() {
    assertThat(state.onTaken(agreeing(1_000, 0), LOG)).isTrue();
    assertThat(state.highWatermark()).isEqualTo(100);
    assertThat(state.onTaken(agreeing(70, 0), LOG)).as("a leader that knows less").isFalse();
    assertThat(state.highWatermark()).isEqualTo(100);
  }

  @Test
  void shouldLearnNothingWhileItDiverges() {
    assertThat(state.onTaken(diverging(5, 70), LOG)).isFalse();
    assertThat(state.startAfter(diverging(5, 70), LOG)).isEqualTo(5);
    assertThat(state.highWatermark()).isEqualTo(30);
  }

  @Test
  void shouldMoveItsStartUpToItsEnd() {
    assertThat(state.startAfter(agreeing(0, 20), LOG)).isEqualTo(20);
    assertThat(state.startAfter(agreeing(0, 2), LOG)).isEqualTo(5);
    assertThat(state.startAfter(agreeing(0, 200), LOG)).isEqualTo(100);
  }

  @Test
  void shouldKnowNoMoreToBeCommittedThanIsLeft() {
    state.onLogChanged(log(5, 20));
    assertThat(state.highWatermark()).isEqualTo(20);
    state.onLogChanged(log(50, 50));
    assertThat(state.highWatermark()).isEqualTo(50);
  }

  @Test
  void shouldStartWithinABatchOfWhichTheLeaderKeepsTheRestOnly() {
    assertThat(FollowerState.startsWithin(agreeing(100, 100), 98, 102, LOG)).isTrue();
    assertThat(FollowerState.startsWithin(agreeing(100, 5), 5, 8, log(7, 7))).isTrue();
  }

  @Test
  void shouldKeepWhatTheLeaderKeepsWhateverTheFirstBatchIs() {
    assertThat(FollowerState.startsWithin(agreeing(100, 99), 98, 102, LOG)).isFalse();
    assertThat(FollowerState.startsWithin(agreeing(100, 100), 100, 102, LOG)).isFalse();
    assertThat(FollowerState.startsWithin(agreeing(100, 100), 95, 99, LOG)).isFalse();
  }
}
