package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tests of clusters rest on it. */
class TestNetworkIT {
  private static final int TIMED_OUT = 124;

  /** Whether a port that nobody listens on refuses at once; a cut network lets the asker wait. */
  private static boolean reaches(TestNetwork network, int from, int to) throws Exception {
    List<String> command = new ArrayList<>(from == 0 ? List.of() : network.runner(from));
    String connect = "exec 3<>/dev/tcp/" + network.address(to) + "/1";
    command.addAll(List.of("timeout", "1", "bash", "-c", connect));
    return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        != TIMED_OUT;
  }

  @Test
  void shouldCutAgainAfterItWasHealed() throws Exception {
    try (TestNetwork network = TestNetwork.of(2)) {
      for (int i = 0; i < 2; i++) {
        network.cut(1, 2);
        network.isolate(1);
        assertThat(reaches(network, 1, 2)).isFalse();
        network.heal();
        assertThat(reaches(network, 1, 2)).isTrue();
      }
    }
  }

  @Test
  void shouldCutAndHeal() throws Exception {
    try (TestNetwork network = TestNetwork.of(3)) {
      assertThat(reaches(network, 0, 1)).isTrue();
      assertThat(reaches(network, 1, 2)).isTrue();

      network.isolate(1);
      assertThat(reaches(network, 1, 2)).isFalse();
      assertThat(reaches(network, 3, 1)).isFalse();
      assertThat(reaches(network, 2, 3)).isTrue();
      assertThat(reaches(network, 0, 1)).isTrue();

      network.heal();
      assertThat(reaches(network, 1, 2)).isTrue();
    }
  }
}
