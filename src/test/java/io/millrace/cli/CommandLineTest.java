package io.millrace.cli;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.millrace.model.FreePorts;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandLineTest {
  @TestFactory
  Stream<DynamicTest> shouldExplainEveryCommandWithExamples() {
    return commands()
        .map(
            path ->
                DynamicTest.dynamicTest(
                    String.join(" ", with(List.of("millrace"), path)),
                    () -> {
                      var result = run(with(path, "--help"));

                      assertThat(result.exit()).isEqualTo(ExitCode.OK);
                      assertThat(result.err()).isEmpty();
                      assertThat(result.out())
                          .startsWith(String.join(" ", with(List.of("Usage: millrace"), path)))
                          .contains("Examples:");
                    }));
  }

  @TestFactory
  Stream<DynamicTest> shouldNotWrapExamples() {
    return commands()
        .map(
            path ->
                DynamicTest.dynamicTest(
                    String.join(" ", with(List.of("millrace"), path)),
                    () -> {
                      assertThat(command(path).getCommandSpec().usageMessage().footer())
                          .allSatisfy(line -> assertThat(line.length()).isLessThan(80));
                    }));
  }

  /** Commands that only do something, and say in a line that it is done. */
  private static final Set<String> DOERS =
      Set.of(
          "start",
          "topics create",
          "topics alter",
          "topics delete",
          "groups delete",
          "groups delete-offsets",
          "transactions abort",
          "cluster unregister",
          "quorum add",
          "quorum remove",
          "quorum transfer",
          "quotas set",
          "quotas remove",
          "produce",
          // Records, in whatever form --format says.
          "consume");

  @Test
  void shouldTellProgramsWhateverItTellsPeople() {
    List<String> without =
        commands()
            .filter(path -> !(command(path).getCommand() instanceof CommandGroup))
            .filter(path -> command(path).getCommandSpec().findOption("--output") == null)
            .map(path -> String.join(" ", path))
            .toList();

    assertThat(without).containsExactlyInAnyOrderElementsOf(DOERS);
  }

  private static CommandLine command(List<String> path) {
    CommandLine command = root();
    for (String name : path) {
      command = command.getSubcommands().get(name);
    }
    return command;
  }

  @Test
  void shouldShowUsageOnStandardErrorWithoutCommand() {
    var result = run();

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).startsWith("Usage: millrace").contains("Exit codes:");
  }

  @Test
  void shouldNameItsVersion() {
    assertThat(run("--version").out()).startsWith("millrace ");
  }

  @Test
  void shouldSuggestTheCommandThatWasMeant() {
    var result = run("topics", "crate");

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("'crate'").contains("Did you mean: create");
  }

  @Test
  void shouldRefuseAnUnknownOption() {
    var result = run("consume", "orders", "--ofset", "3");

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).startsWith("millrace: ").contains("--ofset").contains("--help");
  }

  @Test
  void shouldSayWhatASettingLooksLike() {
    var result = run("topics", "create", "bad", "-c", "foo");

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err())
        .startsWith("millrace: Value for option '--config'")
        .contains("should be in KEY=VALUE format but was foo");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "topics create x",
        "topics list",
        "topics describe",
        "topics alter x --partitions 2",
        "topics delete x",
        "groups list",
        "groups describe x",
        "groups reset x --topic y --to-earliest",
        "groups delete x",
        "groups delete-offsets x --topic y",
        "transactions list",
        "transactions describe x",
        "transactions abort x",
        "transactions abort --partition x-0 --start-offset 0",
        "transactions find-hanging",
        "cluster",
        "cluster unregister 1",
        "quorum status",
        "quorum add 1",
        "quorum remove 1",
        "quorum transfer",
        "partitions move x-0 --to 1",
        "partitions move --list",
        "partitions drain 1",
        "partitions grow x --to 2",
        "partitions elect --all",
        "configs list",
        "configs describe topic x",
        "configs alter cluster --config log.retention.ms=1",
        "configs delete topic x retention.ms",
        "disks list",
        "disks cordon 1 /a",
        "disks uncordon 1 /a /b",
        "disks drain 1 /a",
        "disks move x-0 --broker 1 --to /a",
        "quotas list",
        "quotas describe --user x --default-client-id",
        "quotas set --client-id x producer_byte_rate=1 --dry-run",
        "quotas remove --ip 10.0.0.7",
        "produce x",
        "consume x",
        "consume x --group y",
        "bench produce",
        "bench consume",
        "bench latency"
      })
  void shouldSayOfEveryCommandThatNobodyListens(String command) {
    List<String> args = new ArrayList<>(List.of(command.split(" ", -1)));
    args.addAll(List.of("-b", closedPort()));

    var result = run(args.toArray(String[]::new));

    assertThat(result.exit()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err().lines())
        .singleElement(as(STRING))
        .startsWith("millrace: cannot connect to 127.0.0.1:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "topics",
        "topics create",
        "topics alter",
        "topics alter x",
        "topics delete",
        "groups",
        "groups describe",
        "groups reset",
        "groups reset x",
        "groups reset x --topic y",
        "groups delete",
        "groups delete-offsets",
        "groups delete-offsets x",
        "transactions",
        "transactions describe",
        "transactions abort",
        "transactions abort --partition x-0",
        "transactions abort x --partition x-0 --start-offset 1",
        "cluster unregister",
        "quorum",
        "quorum add",
        "quorum remove",
        "partitions",
        "partitions move",
        "partitions move x-0",
        "partitions drain",
        "partitions grow",
        "partitions grow x",
        "partitions elect",
        "partitions elect x-0 --all",
        "configs",
        "configs describe",
        "configs describe topic",
        "configs describe shoe x",
        "configs describe cluster x",
        "configs alter topic x",
        "configs alter topic x --config a=1 --delete-config a",
        "configs delete cluster",
        "configs delete topic x",
        "disks",
        "disks cordon 1",
        "disks drain 1",
        "disks move x-0 --broker 1",
        "disks move x --broker 1 --to /a",
        "quotas",
        "quotas describe",
        "quotas set --client-id x",
        "quotas set producer_byte_rate=1",
        "quotas set --user x --default-user producer_byte_rate=1",
        "quotas remove --ip 10.0.0.7 --user x",
        "produce",
        "consume",
        "dump",
        "bench"
      })
  void shouldMissArguments(String command) {
    var result = run(command.split(" ", -1));

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("millrace " + command.split(" ", -1)[0])
        .doesNotContain("Error");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "partitions move x-0 --to 1 --throttle 0",
        "partitions move x-0 --to 1 --throttle 5 --wait 0",
        "partitions move --list --throttle 5",
        "partitions drain 1 --throttle 5 --wait 0"
      })
  void shouldRefuseAThrottleThatMakesNoSense(String command) {
    var result = run(command.split(" ", -1));

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("--throttle");
  }

  @Test
  void shouldNameTheStatesThatATransactionCanHave() {
    var result = run("transactions", "list", "--state", "open");

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("'open'", "Ongoing", "PrepareCommit");
  }

  @Test
  void shouldSayInOneLineThatNobodyAnswers() throws IOException {
    try (var silent = CommandLineFixture.listening()) {
      String address = CommandLineFixture.address(silent);

      var result = run("topics", "list", "-b", address, "--timeout", "1");

      assertThat(result.exit()).isEqualTo(ExitCode.UNREACHABLE);
      assertThat(result.err().lines())
          .singleElement(as(STRING))
          .startsWith("millrace: no answer in time; asked " + address)
          .contains("where no controller has answered either", "/health/ready");
    }
  }

  @Test
  void shouldShowTheStackTraceOnlyWhenAskedTo() {
    var result = run("topics", "list", "--verbose", "-b", closedPort());

    assertThat(result.err()).contains("\tat io.millrace.cli.");
  }

  @Test
  void shouldRefuseAnAddressWithoutPort() {
    var result = run("topics", "list", "-b", "localhost");

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("'localhost' is no address");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:99999", "127.0.0.1:0", "127.0.0.1:99999999999"})
  void shouldRefuseAPortThatThereCannotBe(String address) {
    var result = run("cluster", "-b", address);

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err())
        .hasLineCount(1)
        .contains("'" + address + "' has no port that there can be; allowed: 1 to 65535");
  }

  @Test
  void shouldRefuseATimeoutOfZero() {
    var result = run("topics", "list", "-b", "127.0.0.1:1", "--timeout", "0");

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("--timeout must be 1 to 86400 seconds: 0");
  }

  @Test
  void shouldMissTheFileOfClientSettings() throws IOException {
    try (ServerSocket socket = CommandLineFixture.listening()) {
      var result =
          run(
              "topics",
              "list",
              "-b",
              CommandLineFixture.address(socket),
              "--client-config",
              "/does/not/exist");

      assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
      assertThat(result.err()).contains("no such file: /does/not/exist");
    }
  }

  @Test
  void shouldNameTheClientSettingThatIsWrong() throws IOException {
    try (ServerSocket socket = CommandLineFixture.listening()) {
      var result =
          run("topics", "list", "-b", CommandLineFixture.address(socket), "-X", "retries=many");

      assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
      assertThat(result.err()).contains("many").contains("retries");
    }
  }

  @Test
  void shouldColourHelpOnlyOnATerminal() {
    assertThat(run("--help").out()).doesNotContain("\u001b[");
    assertThat(new CommandLineFixture().colours().run("--help").out()).contains("\u001b[");
  }

  private static CommandLineFixture.Result run(String... args) {
    return new CommandLineFixture().run(args);
  }

  private static CommandLineFixture.Result run(List<String> args) {
    return run(args.toArray(String[]::new));
  }

  private static CommandLine root() {
    return Main.commandLine(
        new CliContext(
            Terminal.ofProcess(java.util.Map.of()), KafkaClients.real(), new Interruption()));
  }

  private static Stream<List<String>> commands() {
    List<List<String>> paths = new ArrayList<>();
    collect(root(), List.of(), paths);
    return paths.stream();
  }

  private static void collect(CommandLine command, List<String> path, List<List<String>> paths) {
    paths.add(path);
    command
        .getSubcommands()
        .forEach((name, subcommand) -> collect(subcommand, with(path, name), paths));
  }

  private static List<String> with(List<String> path, String name) {
    return with(path, List.of(name));
  }

  private static List<String> with(List<String> path, List<String> more) {
    List<String> all = new ArrayList<>(path);
    all.addAll(more);
    return all;
  }

  private static String closedPort() {
    return "127.0.0.1:" + FreePorts.next();
  }
}
