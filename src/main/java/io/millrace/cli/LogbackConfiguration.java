package io.millrace.cli;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.ClassicConstants;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * What is logged and where to, as {@link Logging} has decided. In Java because reading a {@code
 * logback.xml} takes a third of a node's start. Logback finds this class as a service and asks it
 * first; it stands back for {@code -Dlogback.configurationFile=FILE} and for a {@code
 * logback-test.xml} on the class path.
 *
 * <p>Lines are written by a thread of their own: whoever logs, an event loop say, never waits for
 * who reads the output. When that does not happen for long, lines are dropped.
 *
 * <p>Owner: the thread that logs first.
 */
public final class LogbackConfiguration extends ContextAwareBase implements Configurator {
  private static final int QUEUED_LINES = 4096;

  /**
   * Warn of what is normal here: of access to the JDK's internals that it does without, of a
   * detector that is off, of connections whose other end went away (with stack traces), of the
   * moving of its partitions, in which only a picture is stored, and of members that come and go,
   * which the membership says in its own words.
   */
  private static final String[] HAZELCAST_TALKERS = {
    "instance.impl.HazelcastInstanceFactory",
    "instance.impl.Node",
    "internal.cluster.ClusterService",
    "internal.cluster.impl.MembershipManager",
    "internal.partition",
    "internal.server.tcp.TcpServerConnection",
    "internal.server.tcp.TcpServerConnectionErrorHandler",
    "spi.impl.operationexecutor.slowoperationdetector.SlowOperationDetector",
    "spi.impl.operationservice.impl.InboundResponseHandler",
    "spi.impl.operationservice.impl.InvocationMonitor"
  };

  /**
   * Take for an error what is none: a port in use, with a stack trace, where whoever asked for the
   * port says it; and a try too early, when two parts of a cluster merge and the moving of
   * partitions is not over, which is repeated a second later.
   */
  private static final String[] HAZELCAST_ALARMISTS = {
    "instance.AddressPicker", "internal.cluster.impl.operations.LockClusterStateOp"
  };

  // null = nothing was logged yet, or by other rules than these.
  private static volatile AsyncAppender appender;

  /** Made by Logback. */
  public LogbackConfiguration() {}

  @Override
  public ExecutionStatus configure(LoggerContext loggers) {
    if (System.getProperty(ClassicConstants.CONFIG_FILE_PROPERTY) != null
        || getClass().getResource("/" + ClassicConstants.TEST_AUTOCONFIG_FILE) != null) {
      return ExecutionStatus.NEUTRAL;
    }
    appender = apply(loggers);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  static AsyncAppender apply(LoggerContext loggers) {
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
    AsyncAppender async = new AsyncAppender();
    async.setContext(loggers);
    async.setQueueSize(QUEUED_LINES);
    async.setNeverBlock(true);
    // By default INFO is dropped as soon as the queue is nearly full.
    async.setDiscardingThreshold(0);
    async.addAppender(console);
    async.start();

    String level = System.getProperty(Logging.LEVEL, "INFO");
    Logger root = loggers.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.toLevel(level));
    root.addAppender(async);
    setLevel(loggers, "io.millrace", System.getProperty(Logging.OWN, level));
    // Libraries tell of themselves at INFO what nobody who runs a node needs.
    String libraries = System.getProperty(Logging.LIBRARIES, "WARN");
    for (String library :
        new String[] {"io.netty", "io.vertx", "org.apache.kafka", "com.hazelcast"}) {
      setLevel(loggers, library, libraries);
    }
    if (libraries.equals("WARN")) {
      for (String talker : HAZELCAST_TALKERS) {
        setLevel(loggers, "com.hazelcast." + talker, "ERROR");
      }
      for (String alarmist : HAZELCAST_ALARMISTS) {
        setLevel(loggers, "com.hazelcast." + alarmist, "OFF");
      }
    }
    return async;
  }

  /** Writes what is queued, for a second at most; nothing is logged any more. */
  static void flush() {
    AsyncAppender async = appender;
    if (async != null) {
      async.stop();
    }
  }

  private static void setLevel(LoggerContext loggers, String logger, String level) {
    loggers.getLogger(logger).setLevel(Level.toLevel(level));
  }
}
