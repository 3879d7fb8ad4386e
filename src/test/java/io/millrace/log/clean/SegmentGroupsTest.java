package io.millrace.log.clean;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.clean.SegmentGroups.Member;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SegmentGroupsTest {
  private static List<Member> sizes(long... sizes) {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < sizes.length; i++) {
      members.add(new Member(i * 100L, (i + 1) * 100L, sizes[i], 8, 12));
    }
    return members;
  }

  @Test
  void shouldFillSegments() {
    assertThat(SegmentGroups.of(sizes(40, 40, 40, 10, 100, 1), 100, 1000))
        .containsExactly(2, 2, 1, 1);
  }

  @Test
  void shouldLeaveASegmentThatIsTooLargeAlone() {
    assertThat(SegmentGroups.of(sizes(500, 1, 1), 100, 1000)).containsExactly(1, 2);
  }

  @Test
  void shouldTakeWhatIsLeftOfOthersTogetherWithAFullOne() {
    assertThat(SegmentGroups.of(sizes(20, 100), SegmentGroups.maxBytes(100), 1000))
        .containsExactly(2);
    assertThat(SegmentGroups.of(sizes(60, 100), SegmentGroups.maxBytes(100), 1000))
        .containsExactly(1, 1);
  }

  @Test
  void shouldKeepPositionsWithinAnInt() {
    assertThat(SegmentGroups.maxBytes(Integer.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void shouldRespectTheOffsetIndex() {
    Member one = new Member(0, 1, 1, 600, 0);
    Member two = new Member(1, 2, 1, 600, 0);
    assertThat(SegmentGroups.of(List.of(one, two), 100, 1000)).containsExactly(1, 1);
  }

  @Test
  void shouldRespectTheTimeIndex() {
    Member one = new Member(0, 1, 1, 0, 600);
    Member two = new Member(1, 2, 1, 0, 600);
    assertThat(SegmentGroups.of(List.of(one, two), 100, 1000)).containsExactly(1, 1);
  }

  @Test
  void shouldKeepOffsetsWithinTheReachOfAnIndex() {
    long far = Integer.MAX_VALUE;
    Member one = new Member(0, 10, 1, 0, 0);
    assertThat(SegmentGroups.of(List.of(one, new Member(10, far + 1, 1, 0, 0)), 100, 100))
        .containsExactly(2);
    assertThat(SegmentGroups.of(List.of(one, new Member(10, far + 2, 1, 0, 0)), 100, 100))
        .containsExactly(1, 1);
  }

  @Test
  void shouldTakeEmptySegmentsWhereverTheyEnd() {
    Member one = new Member(0, 10, 1, 0, 0);
    Member empty = new Member(10, 1L << 40, 0, 0, 0);
    assertThat(SegmentGroups.of(List.of(one, empty), 100, 100)).containsExactly(2);
  }

  @Test
  void shouldMakeNoGroupOfNothing() {
    assertThat(SegmentGroups.of(List.of(), 100, 100)).isEmpty();
  }
}
