package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.ControllerFigures;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumView;
import io.millrace.quorum.state.QuorumRules.Role;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ClusterFiguresTest {
  private static final VoterId SELF = new VoterId(1, new UUID(0, 1));
  private static final VoterId OTHER = new VoterId(2, new UUID(0, 2));

  private final PrometheusMetrics metrics = new PrometheusMetrics();
  private int counts;
  private ControllerFigures figures = new ControllerFigures(true, 3, 38, 2, 1, 4, 50, 6, 7, 8);
  private QuorumView quorum =
      new QuorumView(
          SELF,
          Role.LEADER,
          true,
          5,
          SELF,
          40,
          42,
          List.of(
              new QuorumView.Replica(SELF, true, 42, -1, -1),
              new QuorumView.Replica(OTHER, true, 30, 1, 1)),
          null,
          9);

  private String scrape() {
    ClusterFigures.register(
        metrics,
        () -> {
          counts++;
          return figures;
        },
        () -> quorum);
    return metrics.scrape();
  }

  @Test
  void shouldTellOfControllerAndQuorum() {
    assertThat(scrape())
        .contains(
            "millrace_active_controller 1.0",
            "millrace_offline_partitions 6.0",
            "millrace_active_brokers 2.0",
            "millrace_fenced_brokers 1.0",
            "millrace_quorum_term 5.0",
            "millrace_quorum_leader_id 1.0",
            "millrace_quorum_high_watermark 40.0",
            "millrace_quorum_log_end_offset 42.0",
            "millrace_quorum_max_voter_lag 12.0",
            "millrace_quorum_voters 2.0",
            "millrace_quorum_damaged 0.0",
            "millrace_metadata_applied_offset 38.0",
            "millrace_metadata_lag 1.0");
    assertThat(counts).isEqualTo(1);
  }

  @Test
  void shouldSayNothingOfWhatIsNotThere() {
    figures = null;
    quorum = null;

    assertThat(scrape()).contains("millrace_active_controller NaN", "millrace_quorum_term NaN");
  }
}
