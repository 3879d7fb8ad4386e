package io.millrace.cli.partitions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanTest {
  private static final TopicPartition NAME = new TopicPartition("a-b", 3);

  @Test
  void shouldReadWhatKafkasToolWrites() throws Exception {
    assertThat(
            Plan.parse(
                "{\"version\":1,\"partitions\":[{\"topic\":\"a-b\",\"partition\":3,"
                    + "\"replicas\":[2,1],\"log_dirs\":[\"any\",\"any\"]}]}"))
        .isEqualTo(Map.of(NAME, List.of(2, 1)));
  }

  @Test
  void shouldReadWhatItWrote() throws Exception {
    Map<TopicPartition, List<Integer>> plan = Map.of(NAME, List.of(2, 1));
    assertThat(Plan.parse(Json.pretty(Plan.json(plan)))).isEqualTo(plan);
  }

  @Test
  void shouldSayWhatIsWrong(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("plan.json");
    Map<String, String> wrong =
        Map.of(
            "{", "is no JSON",
            "{}", "no list \"partitions\"",
            "{\"version\":2,\"partitions\":[]}", "version is 2",
            "{\"partitions\":[{\"topic\":\"a\"}]}", "names no topic and partition",
            "{\"partitions\":[{\"topic\":\"a\",\"partition\":0}]}", "a-0 has no replicas",
            "{\"partitions\":[{\"topic\":\"a\",\"partition\":0,\"replicas\":[\"x\"]}]}",
                "no broker's id");
    for (Map.Entry<String, String> one : wrong.entrySet()) {
      Files.writeString(file, one.getKey());
      assertThatThrownBy(() -> Plan.read(file))
          .isInstanceOf(CommandFailure.class)
          .hasMessageContaining(one.getValue())
          .extracting(thrown -> ((CommandFailure) thrown).exitCode())
          .isEqualTo(ExitCode.USAGE);
    }
    assertThatThrownBy(() -> Plan.read(dir.resolve("none"))).hasMessageContaining("no such file");
  }
}
