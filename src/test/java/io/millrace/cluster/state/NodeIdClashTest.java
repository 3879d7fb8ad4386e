package io.millrace.cluster.state;

import static io.millrace.cluster.MemberFixture.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cluster.Member;
import java.util.List;
import org.junit.jupiter.api.Test;

class NodeIdClashTest {
  private static final Member OTHER = member(2);
  private static final Member SELF = member(1, 11, 11);
  private static final Member SAME_ID = member(1, 12, 12);
  private static final Member COPY = member(1, 13, 11);

  private final NodeIdClash clash = new NodeIdClash(1_000);

  @Test
  void shouldLetANodeStartThatIsTheOnlyOneWithItsId() {
    assertThat(clash.observe(0, SELF, List.of(OTHER, SELF))).isEmpty();
    assertThat(clash.waiting()).isFalse();
  }

  @Test
  void shouldLetTheOlderOneStart() {
    assertThat(clash.observe(0, SELF, List.of(SELF, SAME_ID))).isEmpty();
    assertThat(clash.waiting()).isFalse();
  }

  @Test
  void shouldRefuseTheYoungerOneWhenTheOlderOneStays() {
    assertThat(clash.observe(0, SELF, List.of(SAME_ID, SELF))).isEmpty();
    assertThat(clash.waiting()).isTrue();
    assertThat(clash.observe(1_000, SELF, List.of(SAME_ID, SELF)))
        .hasValueSatisfying(
            why ->
                assertThat(why)
                    .contains("node.id 1", "10.0.0.1:9093", "give this node another node.id"));
  }

  @Test
  void shouldTellOfACopiedLogDirectory() {
    clash.observe(0, SELF, List.of(COPY, SELF));

    assertThat(clash.observe(1_000, SELF, List.of(COPY, SELF)))
        .hasValueSatisfying(why -> assertThat(why).contains("copy", "empty log.dirs"));
  }

  @Test
  void shouldWaitForTheRestOfItsOwnLastRun() {
    clash.observe(0, SELF, List.of(COPY, SELF));

    assertThat(clash.observe(999, SELF, List.of(SELF))).isEmpty();
    assertThat(clash.waiting()).isFalse();
  }

  @Test
  void shouldWaitAnewForAnotherRival() {
    clash.observe(0, SELF, List.of(COPY, SELF));

    assertThat(clash.observe(1_000, SELF, List.of(SAME_ID, SELF))).isEmpty();
    assertThat(clash.waiting()).isTrue();
  }
}
