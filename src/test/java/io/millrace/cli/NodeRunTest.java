package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeRunTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "start",
        "start --set a=b",
        "start --set a=b --set c=d",
        "start --config x.properties --set a=b"
      })
  void shouldUnderstandPlainStartsItself(String line) {
    assertThat(parse(line)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "topics",
        "--help",
        "start --help",
        "start --set",
        "start --set --config x",
        "start --set=a=b",
        "start --config x --config y",
        "start --verbose --set a=b",
        "start now"
      })
  void shouldLeaveAllElseToTheOptionParser(String line) {
    assertThat(parse(line)).isNull();
  }

  @Test
  void shouldRefuseABadSettingWithKeyAndValue() {
    var result =
        new CommandLineFixture().run("start", "--set", "num.partitions=none", "-s", "http.port=x");

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err().lines())
        .hasSize(2)
        .anySatisfy(line -> assertThat(line).contains("num.partitions").contains("none"))
        .anySatisfy(line -> assertThat(line).contains("http.port").contains("x"));
  }

  @Test
  void shouldMissTheConfigurationFile() {
    var result = new CommandLineFixture().run("start", "--config", "/does/not/exist");

    assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.err()).isEqualTo("millrace: no such file: /does/not/exist\n");
  }

  private static NodeRun parse(String line) {
    return NodeRun.parsePlain(line.split(" ", -1), null, Map.of());
  }
}
