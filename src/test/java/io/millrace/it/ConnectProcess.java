package io.millrace.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assertions;

/**
 * A worker of Kafka Connect, or MirrorMaker 2, which consists of such workers: Apache Kafka's main
 * class in a process of its own, from the test class path.
 *
 * <p>Owner: the test's thread.
 */
final class ConnectProcess implements AutoCloseable {
  private static final Duration ENDED_WITHIN = Duration.ofSeconds(20);

  private final Path dir;
  private final String mainClass;
  private final Map<String, String> settings;
  private ProcessOutput output;
  private Process process;

  private ConnectProcess(Path dir, String mainClass, Map<String, String> settings) {
    this.dir = dir;
    this.mainClass = mainClass;
    this.settings = new LinkedHashMap<>(settings);
  }

  /** A worker in distributed mode, not started. */
  static ConnectProcess worker(Path dir, Map<String, String> settings) {
    return new ConnectProcess(dir, "org.apache.kafka.connect.cli.ConnectDistributed", settings);
  }

  /** MirrorMaker 2 as a cluster of its own, not started. */
  static ConnectProcess mirrorMaker(Path dir, Map<String, String> settings) {
    return new ConnectProcess(dir, "org.apache.kafka.connect.mirror.MirrorMaker", settings);
  }

  /** Starts, or starts again; waits for nothing. */
  ConnectProcess start() {
    Path properties = dir.resolve("connect.properties");
    Path logging = dir.resolve("logback-connect.xml");
    try {
      Files.createDirectories(dir);
      Files.writeString(
          properties,
          settings.entrySet().stream()
              .map(e -> e.getKey() + "=" + e.getValue() + "\n")
              .collect(Collectors.joining()));
      Files.writeString(
          logging,
          "<configuration><appender name='out' class='ch.qos.logback.core.ConsoleAppender'><encoder>"
              + "<pattern>%d %p %m \\(%c\\)%n</pattern></encoder></appender>"
              + "<logger name='org.apache.kafka.clients' level='WARN'/>"
              + "<logger name='org.apache.kafka.common.config' level='WARN'/>"
              + "<logger name='org.apache.kafka.connect.runtime.WorkerConfig' level='ERROR'/>"
              + "<root level='INFO'><appender-ref ref='out'/></root></configuration>");
      process =
          new ProcessBuilder(
                  List.of(
                      MillraceProcess.java(),
                      "-Xmx256m",
                      "-XX:+UseSerialGC",
                      "-XX:TieredStopAtLevel=1",
                      "-Dlogback.configurationFile=" + logging,
                      "-cp",
                      System.getProperty("java.class.path"),
                      mainClass,
                      properties.toString()))
              .redirectErrorStream(true)
              .start();
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    output = new ProcessOutput(process, output);
    return this;
  }

  /** Fails, with what the process printed, when it ends before or does not get there in time. */
  void await(String what, Duration within, BooleanSupplier condition) {
    await(() -> what, within, condition);
  }

  /** The same, with words for the failure that are found only then. */
  void await(Supplier<String> what, Duration within, BooleanSupplier condition) {
    Await.until(
        () -> what.get() + "\n" + output.tail(60),
        within,
        () -> {
          if (!process.isAlive()) {
            Assertions.fail(
                mainClass + " ended with " + process.exitValue() + ":\n" + output.tail(60));
          }
          return condition.getAsBoolean();
        });
  }

  ProcessOutput output() {
    return output;
  }

  /** {@code kill -9}, and waits for the end. */
  void kill() {
    if (process == null) {
      return;
    }
    process.destroyForcibly();
    try {
      if (!process.waitFor(ENDED_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
        Assertions.fail("still running after " + ENDED_WITHIN + ":\n" + output.tail(40));
      }
      output.awaitEnd();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    kill();
  }
}
