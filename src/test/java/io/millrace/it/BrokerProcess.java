package io.millrace.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;

/**
 * A broker in a process of its own, on 127.0.0.1 and on ports that were free. The tests speak to it
 * by protocol, signals and files only, so that they can also be tried on Apache Kafka: {@code
 * -Dit.broker=kafka}.
 *
 * <p>{@link #close} ends the process hard and fails the test when its output shows event loops that
 * wait or errors that the test did not announce with {@link #expectInOutput}.
 *
 * <p>Owner: the test's thread.
 */
abstract class BrokerProcess implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofSeconds(60);
  private static final Duration STOPPED_WITHIN = Duration.ofSeconds(30);
  private static final Pattern ALARMING =
      Pattern.compile(
          "\\bERROR\\b|LEAK:|OutOfMemoryError|^Exception in thread"
              // A loop that is late on a starved machine only warns; one whose printed stack waits
              // is a bug.
              + "|at .*(LockSupport\\.park|Dispatcher(Impl)?\\.force0|Thread\\.(join|sleep))");

  private final Path dir;
  private final Map<String, String> settings;
  private final List<Pattern> expected = new ArrayList<>();
  private final List<String> runner = new ArrayList<>();
  private ProcessOutput output;
  private Process process;

  BrokerProcess(Path dir, Map<String, String> settings) {
    this.dir = dir;
    this.settings = new LinkedHashMap<>(settings);
  }

  /** Starts the broker under test with its data below {@code dir} and awaits that it answers. */
  static BrokerProcess start(Path dir) {
    return start(dir, Map.of());
  }

  /**
   * Starts the broker under test and awaits that it answers.
   *
   * @param settings by Kafka's names, such as {@code log.segment.bytes}
   */
  static BrokerProcess start(Path dir, Map<String, String> settings) {
    BrokerProcess broker = create(dir, settings);
    broker.startAndAwaitReady();
    return broker;
  }

  /** The broker under test, not started. */
  static BrokerProcess create(Path dir, Map<String, String> settings) {
    return isMillrace() ? new MillraceProcess(dir, settings) : new KafkaProcess(dir, settings);
  }

  /** False while the tests themselves are tried on Apache Kafka. */
  static boolean isMillrace() {
    return !"kafka".equals(System.getProperty("it.broker"));
  }

  /** The command line of the next start. */
  abstract List<String> command(Map<String, String> settings);

  /** Address for clients; known once ready. */
  abstract InetSocketAddress address();

  /** Whether the broker answers, or has said that it is ready. */
  abstract boolean isReady(ProcessOutput output);

  /** The folder with the partitions' folders. */
  abstract Path logDir();

  final Path dir() {
    return dir;
  }

  final String bootstrap() {
    return address().getAddress().getHostAddress() + ":" + address().getPort();
  }

  final long pid() {
    return process.pid();
  }

  /** Memory that the process occupies now. */
  final long residentBytes() {
    return status("VmRSS");
  }

  /** The most memory that the process has occupied. */
  final long peakResidentBytes() {
    return status("VmHWM");
  }

  private long status(String field) {
    try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid()), "status"))) {
      return lines
          .filter(line -> line.startsWith(field + ":"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")) << 10)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  final ProcessOutput output() {
    return output;
  }

  final boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** A command that runs the command behind it, in the same process: from the next start on. */
  final BrokerProcess runBy(List<String> command) {
    runner.clear();
    runner.addAll(command);
    return this;
  }

  /** Changes settings for the next start. */
  final BrokerProcess set(String key, String value) {
    settings.put(key, value);
    return this;
  }

  /** A setting of the next start. */
  final String setting(String key) {
    return settings.get(key);
  }

  /** Starts, or starts again on the same data and ports. */
  final void startAndAwaitReady() {
    start();
    awaitReady();
  }

  /** Starts without waiting for anything. */
  final void start() {
    if (isAlive()) {
      throw new IllegalStateException("it runs already");
    }
    try {
      List<String> command = new ArrayList<>(runner);
      command.addAll(command(settings));
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    output = new ProcessOutput(process, output);
  }

  /** Waits until clients are answered; fails with the output when the process ends before. */
  final void awaitReady() {
    awaitReady(READY_WITHIN);
  }

  /** Waits until clients are answered, on a machine that may be busy with other nodes. */
  final void awaitReady(Duration within) {
    Await.until(
        "the broker is ready",
        within,
        () -> {
          if (!process.isAlive()) {
            Assertions.fail(
                "the broker ended with " + process.exitValue() + ":\n" + output.tail(40));
          }
          return isReady(output);
        });
  }

  /** {@code kill -9}, and waits for the end. */
  final void kill() {
    if (process == null) {
      return;
    }
    process.destroyForcibly();
    awaitEnd(STOPPED_WITHIN);
  }

  /** SIGTERM; fails the test unless the process ends in an orderly way. */
  final void stop() {
    process.destroy();
    // Apache Kafka leaves the JVM's own code for a SIGTERM; Millrace promises 0.
    Assertions.assertEquals(isMillrace() ? 0 : 143, awaitEnd(STOPPED_WITHIN), output.tail(20));
  }

  /** Waits for the end by itself. Returns the exit code. */
  final int awaitEnd(Duration within) {
    try {
      if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
        Assertions.fail("still running after " + within + ":\n" + output.tail(40));
      }
      output.awaitEnd();
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** SIGSTOP: the process stands still with all connections open. */
  final void pause() {
    Signals.send("STOP", pid());
  }

  /** SIGCONT. */
  final void resume() {
    Signals.send("CONT", pid());
  }

  /** Announces lines of the output that would fail the test otherwise. */
  final BrokerProcess expectInOutput(String regex) {
    expected.add(Pattern.compile(regex));
    return this;
  }

  @Override
  public final void close() {
    kill();
    if (output == null || !(this instanceof MillraceProcess)) {
      return;
    }
    List<String> alarming =
        output.lines().stream()
            .filter(line -> ALARMING.matcher(line).find())
            .filter(line -> expected.stream().noneMatch(p -> p.matcher(line).find()))
            .limit(10)
            .toList();
    if (!alarming.isEmpty()) {
      Assertions.fail("alarming output: " + alarming + "\n" + output.tail(60));
    }
  }
}
