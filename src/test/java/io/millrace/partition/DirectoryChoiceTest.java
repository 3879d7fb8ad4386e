package io.millrace.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.partition.DirectoryChoice.Candidate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DirectoryChoiceTest {
  private static final long GB = 1L << 30;

  private static Candidate with(long usableBytes, int logs) {
    return new Candidate(false, false, false, usableBytes, logs, 0);
  }

  @Test
  void shouldTakeTheOneWithMoreSpace() {
    assertThat(DirectoryChoice.of(List.of(with(100 * GB, 3), with(500 * GB, 30)))).isEqualTo(1);
  }

  @Test
  void shouldCountLogsWhereSpaceIsAlike() {
    assertThat(DirectoryChoice.of(List.of(with(500 * GB, 30), with(480 * GB, 3)))).isEqualTo(1);
  }

  @Test
  void shouldCountLogsWhereSpaceIsUnknown() {
    assertThat(DirectoryChoice.of(List.of(with(-1, 30), with(480 * GB, 31)))).isZero();
  }

  @Test
  void shouldSpreadNewLogsInProportionToTheSpace() {
    List<Candidate> disks = new ArrayList<>(List.of(with(100 * GB, 0), with(500 * GB, 0)));
    for (int i = 0; i < 60; i++) {
      int taken = DirectoryChoice.of(disks);
      Candidate disk = disks.get(taken);
      disks.set(
          taken,
          new Candidate(
              false, false, false, disk.usableBytes(), disk.logs() + 1, disk.young() + 1));
    }
    assertThat(disks.get(0).logs()).isEqualTo(10);
    assertThat(disks.get(1).logs()).isEqualTo(50);
  }

  @Test
  void shouldTakeNoneThatFailedIsFullOrCordonedIfThereIsAnother() {
    Candidate failed = new Candidate(true, false, false, 900 * GB, 0, 0);
    Candidate full = new Candidate(false, true, false, 900 * GB, 0, 0);
    Candidate cordoned = new Candidate(false, false, true, 900 * GB, 0, 0);
    assertThat(DirectoryChoice.of(List.of(failed, full, cordoned, with(GB, 50)))).isEqualTo(3);
    assertThat(DirectoryChoice.of(List.of(failed, full, cordoned))).isEqualTo(1);
    assertThat(DirectoryChoice.of(List.of(failed, cordoned))).isEqualTo(1);
    assertThat(DirectoryChoice.of(List.of(failed))).isEqualTo(-1);
  }
}
