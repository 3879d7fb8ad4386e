package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator.ExecutionStatus;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class LogbackConfigurationTest {
  private final PrintStream out = System.out;
  private final Properties properties = (Properties) System.getProperties().clone();
  private final LoggerContext loggers = new LoggerContext();

  @BeforeEach
  void beANode() {
    for (String key : List.of(Logging.TARGET, Logging.LEVEL, Logging.OWN, Logging.LIBRARIES)) {
      System.clearProperty(key);
    }
    Logging.configure(true, false);
  }

  @AfterEach
  void restoreOutput() {
    // First, so that nothing of what is logged here is written there.
    loggers.stop();
    System.setOut(out);
    System.setProperties(properties);
  }

  private Logger configure(OutputStream to) {
    System.setOut(new PrintStream(to, true, StandardCharsets.UTF_8));
    loggers.setMDCAdapter(new LogbackMDCAdapter());
    LogbackConfiguration.apply(loggers);
    return loggers.getLogger("io.millrace.Test");
  }

  @Test
  void shouldStandBackForAFile() {
    // The tests have their own, which is found.
    assertThat(new LogbackConfiguration().configure(loggers)).isEqualTo(ExecutionStatus.NEUTRAL);
  }

  @Test
  void shouldWriteEverythingBeforeTheEnd() {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    Logger log = configure(written);

    for (int i = 0; i < 1_000; i++) {
      log.info("line {}", i);
    }
    ((AsyncAppender) loggers.getLogger(Logger.ROOT_LOGGER_NAME).iteratorForAppenders().next())
        .stop();

    assertThat(written.toString(StandardCharsets.UTF_8).lines()).hasSize(1_000);
  }

  @Test
  @Timeout(60)
  void shouldNotWaitForWhoReadsTheOutput() {
    CountDownLatch read = new CountDownLatch(1);
    Logger log =
        configure(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                try {
                  read.await();
                } catch (InterruptedException e) {
                  throw new IOException(e);
                }
              }
            });

    for (int i = 0; i < 20_000; i++) {
      log.info("line {}", i);
    }

    read.countDown();
  }
}
