package io.millrace.log.clean;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DirtyPartTest {
  private static final long NEVER = Long.MAX_VALUE;
  private static final long NOW = 10_000;
  private static final CompactionConfig HALF = new CompactionConfig(0.5, 1000, 0, NEVER);

  /** Four closed segments of 100 offsets and 100 bytes; segment i was written at (i + 1) * 1000. */
  private static List<SegmentFacts> four() {
    List<SegmentFacts> closed = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      long time = (i + 1) * 1000L;
      closed.add(new SegmentFacts(i * 100L, (i + 1) * 100L, 100, time, time + 999));
    }
    return closed;
  }

  private static DirtyPart judge(long checkpoint, long stableEnd, CompactionConfig config) {
    return DirtyPart.of(four(), checkpoint, 0, 450, stableEnd, config, NOW);
  }

  @Test
  void shouldCleanALogThatNeverWas() {
    DirtyPart part = judge(-1, 450, HALF);
    assertThat(part)
        .isEqualTo(new DirtyPart(0, 400, 4, 0, part.dirtyBytes(), 0, true, NEVER, false));
    assertThat(part.ratio()).isOne();
  }

  @Test
  void shouldWaitUntilEnoughIsDirty() {
    DirtyPart part = judge(200, 450, HALF);
    assertThat(part.ratio()).isEqualTo(0.5);
    assertThat(part.due()).isFalse();
    assertThat(judge(199, 450, HALF).due()).isTrue();
  }

  @Test
  void shouldFindNothingInACleanLog() {
    DirtyPart part = judge(400, 450, new CompactionConfig(0, 1000, 0, NEVER));
    assertThat(part.ratio()).isZero();
    assertThat(part.due()).isFalse();
    assertThat(part.lookAgainMs()).isEqualTo(NEVER);
  }

  @Test
  void shouldStopWhereRecordsCanStillChange() {
    DirtyPart part = judge(-1, 299, HALF);
    assertThat(part.end()).isEqualTo(200);
    assertThat(part.segments()).isEqualTo(2);
    assertThat(part.lookAgainMs()).isEqualTo(NOW);
  }

  @Test
  void shouldFindNothingBelowTheStableEnd() {
    DirtyPart part = judge(-1, 50, HALF);
    assertThat(part.segments()).isZero();
    assertThat(part.due()).isFalse();
  }

  @Test
  void shouldKeepYoungRecords() {
    DirtyPart part = judge(-1, 450, new CompactionConfig(0.5, 1000, 7000, NEVER));
    assertThat(part.end()).isEqualTo(200);
    assertThat(part.due()).isTrue();
    assertThat(part.lookAgainMs()).isEqualTo(3999 + 7000);
  }

  @Test
  void shouldNotMindTheAgeOfWhatIsCleanAlready() {
    List<SegmentFacts> closed = four();
    closed.set(0, new SegmentFacts(0, 100, 100, -1, -1));
    CompactionConfig config = new CompactionConfig(0.5, 1000, 1000, 5000);
    DirtyPart part = DirtyPart.of(closed, 100, 0, 450, 450, config, NOW);
    assertThat(part.unknownTimes()).isFalse();
    assertThat(part.segments()).isEqualTo(4);
  }

  @Test
  void shouldAskForTimesThatItNeeds() {
    List<SegmentFacts> closed = List.of(new SegmentFacts(0, 100, 100, -1, -1));
    for (CompactionConfig config :
        List.of(
            new CompactionConfig(0.5, 1000, 1000, NEVER),
            new CompactionConfig(0.5, 1000, 0, 5000))) {
      DirtyPart part = DirtyPart.of(closed, -1, 0, 450, 450, config, NOW);
      assertThat(part.unknownTimes()).isTrue();
      assertThat(part.due()).isFalse();
    }
    assertThat(DirtyPart.of(closed, -1, 0, 450, 450, HALF, NOW).due()).isTrue();
  }

  @Test
  void shouldNotLetRecordsGrowTooOld() {
    assertThat(judge(300, 450, new CompactionConfig(0.9, 1000, 0, 5999)).due()).isTrue();
    DirtyPart notYet = judge(300, 450, new CompactionConfig(0.9, 1000, 0, 6000));
    assertThat(notYet.due()).isFalse();
    assertThat(notYet.lookAgainMs()).isEqualTo(4000 + 6000 + 1);
  }

  @Test
  void shouldStartAnewWhenTheCheckpointFitsTheLogNoMore() {
    assertThat(judge(451, 450, HALF).firstDirty()).isZero();
    assertThat(DirtyPart.of(four(), 50, 70, 450, 450, HALF, NOW).firstDirty()).isEqualTo(70);
  }
}
