package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.Controller.ReplicaReport;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.TopicId;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of three rounds. */
class RecentReliefTest {
  private static final TopicId TOPIC = new TopicId(1, 1);
  private static final ReplicaReport HAS_SPACE =
      new ReplicaReport(TOPIC, 0, ReplicaCondition.ONLINE);

  private final RecentRelief relief = new RecentRelief(3);

  private boolean keepsBack(ReplicaReport report) {
    return relief.keepsBack(report, ReplicaCondition.FULL);
  }

  @Test
  void shouldKeepBackForAWhileThatAReplicaHasSpaceOnceMore() {
    assertThat(keepsBack(HAS_SPACE)).isFalse();
    relief.onTold(List.of(HAS_SPACE));
    for (int round = 0; round < 3; round++) {
      assertThat(keepsBack(HAS_SPACE)).isTrue();
      relief.onRound();
    }
    assertThat(keepsBack(HAS_SPACE)).isFalse();
  }

  @Test
  void shouldNotWaitLongerBecauseTheSameIsSaidTwice() {
    relief.onTold(List.of(HAS_SPACE));
    relief.onRound();
    relief.onRound();
    relief.onTold(List.of(HAS_SPACE));
    relief.onRound();
    assertThat(keepsBack(HAS_SPACE)).isFalse();
  }

  @Test
  void shouldSayAtOnceWhatIsNotAboutSpace() {
    relief.onTold(List.of(HAS_SPACE, new ReplicaReport(TOPIC, 1, ReplicaCondition.FULL)));
    assertThat(relief.keepsBack(HAS_SPACE, ReplicaCondition.OFFLINE)).isFalse();
    assertThat(keepsBack(new ReplicaReport(TOPIC, 0, ReplicaCondition.OFFLINE))).isFalse();
    assertThat(keepsBack(new ReplicaReport(TOPIC, 1, ReplicaCondition.FULL))).isFalse();
    assertThat(keepsBack(new ReplicaReport(TOPIC, 2, ReplicaCondition.ONLINE))).isFalse();
  }
}
