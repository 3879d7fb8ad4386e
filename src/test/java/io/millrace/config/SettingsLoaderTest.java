package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.config.SettingsLoader.Loaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsLoaderTest {
  @TempDir Path directory;

  private Path file(String... lines) throws IOException {
    return Files.write(directory.resolve("millrace.properties"), List.of(lines));
  }

  private static Loaded set(String... assignments) throws IOException {
    return SettingsLoader.load(null, Map.of(), List.of(assignments));
  }

  @Test
  void shouldStartWithNothingConfigured() throws IOException {
    Loaded loaded = set();

    assertThat(loaded.warnings()).isEmpty();
    assertThat(loaded.settings().isSet(NodeKeys.NODE_ID)).isFalse();
  }

  @Test
  void shouldReadTheFile() throws IOException {
    Path file = file("# a comment", "log.retention.hours = 24", "broker.rack=caf\u00e9");

    Settings settings = SettingsLoader.load(file, Map.of(), List.of()).settings();

    assertThat(settings.get(LogKeys.LOG_RETENTION_MS)).isEqualTo(86_400_000L);
    assertThat(settings.get(NodeKeys.BROKER_RACK)).isEqualTo("caf\u00e9");
  }

  @Test
  void shouldPreferTheEnvironmentToTheFileAndTheCommandLineToBoth() throws IOException {
    Path file = file("num.partitions=1", "http.port=1", "broker.rack=file");

    Settings settings =
        SettingsLoader.load(
                file,
                Map.of("MILLRACE_NUM_PARTITIONS", "2", "MILLRACE_HTTP_PORT", "2"),
                List.of("num.partitions=3"))
            .settings();

    assertThat(settings.get(NodeKeys.NUM_PARTITIONS)).isEqualTo(3);
    assertThat(settings.get(NodeKeys.HTTP_PORT)).isEqualTo(2);
    assertThat(settings.get(NodeKeys.BROKER_RACK)).isEqualTo("file");
  }

  @Test
  void shouldKeepEqualsSignsInValuesOfTheCommandLine() throws IOException {
    assertThat(set("broker.rack=a=b").settings().get(NodeKeys.BROKER_RACK)).isEqualTo("a=b");
  }

  @Test
  void shouldWarnOfWhatDoesNotApply() throws IOException {
    Loaded loaded = set("zookeeper.connect=x", "num.partitons=3", "retention.ms=1", "foo=1");

    assertThat(loaded.warnings())
        .hasSize(4)
        .anyMatch(w -> w.contains("zookeeper.connect") && w.contains("no ZooKeeper"))
        .anyMatch(w -> w.contains("did you mean num.partitions?"))
        .anyMatch(w -> w.contains("retention.ms") && w.contains("log.retention.ms"))
        .anyMatch(w -> w.contains("foo") && !w.contains("did you mean"));
  }

  @Test
  void shouldWarnOfUnknownVariablesOfItsOwnOnly() throws IOException {
    Loaded loaded =
        SettingsLoader.load(
            null,
            Map.of("PATH", "x", "MILLRACE_NO_SUCH_KEY", "1", "MILLRACE_HEAP", "1g"),
            List.of());

    assertThat(loaded.warnings()).singleElement().asString().contains("MILLRACE_NO_SUCH_KEY");
  }

  @Test
  void shouldCollectAllProblemsWithPlaceKeyValueAndRange() throws IOException {
    Path file = file("num.partitions=0", "listeners=nonsense");

    assertThatThrownBy(
            () ->
                SettingsLoader.load(
                    file,
                    Map.of("MILLRACE_HTTP_PORT", "99999"),
                    List.of("socket.request.max.bytes=abc", "nothing")))
        .isInstanceOfSatisfying(
            ConfigurationException.class,
            e ->
                assertThat(e.problems())
                    .hasSize(5)
                    .anyMatch(
                        p ->
                            p.contains("num.partitions")
                                && p.contains(" 0 ")
                                && p.contains("at least 1")
                                && p.contains("millrace.properties"))
                    .anyMatch(p -> p.contains("nonsense") && p.contains("NAME://host:port"))
                    .anyMatch(p -> p.contains("MILLRACE_HTTP_PORT") && p.contains("65535"))
                    .anyMatch(p -> p.contains("abc") && p.contains("--set"))
                    .anyMatch(p -> p.contains("nothing") && p.contains("key=value")));
  }

  @Test
  void shouldNotShowASecretInAProblem() {
    assertThatThrownBy(() -> set("cluster.secret=swordfish", "http.port=x"))
        .hasMessageNotContaining("swordfish");
  }

  @Test
  void shouldRefuseAFileThatIsNotThere() {
    assertThatThrownBy(() -> SettingsLoader.load(directory.resolve("none"), Map.of(), List.of()))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void shouldRefuseBoundsThatExcludeEachOther() {
    assertThatThrownBy(() -> set("queued.max.request.bytes=1000"))
        .hasMessageContaining("socket.request.max.bytes");
    assertThatThrownBy(() -> set("max.connections.per.ip=0"))
        .hasMessageContaining("max.connections.per.ip.overrides");
    assertThatThrownBy(() -> set("process.roles=broker")).hasMessageContaining("both roles");
    assertThatThrownBy(() -> set("log.cleaner.dedupe.buffer.size=2000000", "log.cleaner.threads=2"))
        .hasMessageContaining("1048576 for each of the 2 log.cleaner.threads");
  }

  @Test
  void shouldWarnOfSettingsThatHardlyFitTogether() throws IOException {
    assertThat(set("min.insync.replicas=2").warnings())
        .singleElement()
        .asString()
        .contains("default.replication.factor");
    assertThat(set("log.retention.bytes=1000").warnings())
        .singleElement()
        .asString()
        .contains("log.segment.bytes");
  }

  @Test
  void shouldAcceptTheFileOfAKafkaBroker() throws IOException {
    Path file =
        file(
            "process.roles=broker,controller",
            "node.id=1",
            "controller.quorum.bootstrap.servers=localhost:9093",
            "listeners=PLAINTEXT://:9092,CONTROLLER://:9093",
            "inter.broker.listener.name=PLAINTEXT",
            "advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
            "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL",
            "num.network.threads=3",
            "num.io.threads=8",
            "socket.send.buffer.bytes=102400",
            "log.dirs=" + directory,
            "num.partitions=1",
            "num.recovery.threads.per.data.dir=1",
            "offsets.topic.replication.factor=1",
            "transaction.state.log.min.isr=1",
            "log.retention.hours=168",
            "log.segment.bytes=1073741824",
            "log.retention.check.interval.ms=300000");

    Loaded loaded = SettingsLoader.load(file, Map.of(), List.of());

    assertThat(loaded.warnings()).hasSize(3).allMatch(w -> w.startsWith("Ignoring "));
    assertThat(loaded.settings().get(NodeKeys.NODE_ID)).isEqualTo(1);
  }
}
