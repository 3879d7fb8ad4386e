package io.millrace.partition.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.EpochEnd;
import org.junit.jupiter.api.Test;

class DivergenceTest {
  private static final int LEADER_EPOCH = 3;
  private static final int LAST_EPOCH = 1;

  /** A new leader's log: of epoch 1 something is on the disk, and the rest is being written. */
  private record Log(long endOffset, long nextOffset) implements EpochEnds {
    @Override
    public long startOffset() {
      return 0;
    }

    @Override
    public EpochEnd endOf(int epoch) {
      return new EpochEnd(epoch, epoch == LEADER_EPOCH ? endOffset : nextOffset);
    }
  }

  private static EpochEnd divergence(Log log, long fetchOffset) {
    return Divergence.of(log, LEADER_EPOCH, fetchOffset, LAST_EPOCH, true);
  }

  @Test
  void shouldNotTellAFollowerToCutWhatIsJustBeingWrittenHere() {
    assertThat(divergence(new Log(4, 9), 9)).isNull();
  }

  @Test
  void shouldTellAFollowerToCutWhatIsNotHere() {
    assertThat(divergence(new Log(4, 9), 10)).isEqualTo(new EpochEnd(LAST_EPOCH, 9));
  }

  @Test
  void shouldTellAFollowerToCutWhatItHasBeyondTheEndOfTheLog() {
    assertThat(Divergence.of(new Log(4, 9), LEADER_EPOCH, 10, -1, true))
        .isEqualTo(new EpochEnd(LEADER_EPOCH, 9));
  }
}
