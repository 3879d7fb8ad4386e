package io.millrace.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * What is logged and where to, as {@link Logging} has decided. In Java because reading a {@code
 * logback.xml} takes a third of a node's start. Logback finds this class as a service and asks it
 * after looking for a file, so that {@code -Dlogback.configurationFile=FILE} replaces it as a
 * whole.
 *
 * <p>Owner: the thread that logs first.
 */
@ConfiguratorRank(LogbackConfiguration.BEHIND_FILES)
public final class LogbackConfiguration extends ContextAwareBase implements Configurator {
  /** Between Logback's own configurators: after those of files, before its last resort. */
  static final int BEHIND_FILES = ConfiguratorRank.NOMINAL - 5;

  /** Made by Logback. */
  public LogbackConfiguration() {}

  @Override
  public ExecutionStatus configure(LoggerContext loggers) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(loggers);
    encoder.setPattern(
        "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0} %msg%n%ex{full}%nopex");
    encoder.start();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(loggers);
    console.setName("CONSOLE");
    console.setTarget(System.getProperty(Logging.TARGET, "System.out"));
    console.setEncoder(encoder);
    console.start();

    String level = System.getProperty(Logging.LEVEL, "INFO");
    Logger root = loggers.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.toLevel(level));
    root.addAppender(console);
    setLevel(loggers, "io.millrace", System.getProperty(Logging.OWN, level));
    // Libraries tell of themselves at INFO what nobody who runs a node needs.
    String libraries = System.getProperty(Logging.LIBRARIES, "WARN");
    for (String library : new String[] {"io.netty", "io.vertx", "org.apache.kafka"}) {
      setLevel(loggers, library, libraries);
    }
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static void setLevel(LoggerContext loggers, String logger, String level) {
    loggers.getLogger(logger).setLevel(Level.toLevel(level));
  }
}
