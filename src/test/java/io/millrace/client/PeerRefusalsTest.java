package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PeerRefusalsTest {
  private final PeerRefusals refusals = new PeerRefusals();

  @Test
  void shouldTellTheLastOneOfEachNode() {
    refusals.note(2, "two", 0);
    refusals.note(1, "one", 0);
    refusals.note(2, "two again", 1);

    assertThat(refusals.recent(2)).containsExactly("one", "two again");
  }

  @Test
  void shouldForgetWhatDoesNotHappenAnyMore() {
    refusals.note(1, "one", 0);

    assertThat(refusals.recent(TimeUnit.SECONDS.toNanos(31))).isEmpty();
  }

  @Test
  void shouldForgetANodeThatIsConnected() {
    refusals.note(1, "one", 0);
    refusals.forget(1);

    assertThat(refusals.recent(0)).isEmpty();
  }

  @Test
  void shouldHaveABound() {
    for (int nodeId = 0; nodeId < 100; nodeId++) {
      refusals.note(nodeId, "many", 0);
    }
    assertThat(refusals.recent(0)).hasSize(8);

    refusals.note(100, "later", TimeUnit.SECONDS.toNanos(31));
    assertThat(refusals.recent(TimeUnit.SECONDS.toNanos(31))).containsExactly("later");
  }
}
