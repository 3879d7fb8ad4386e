package io.millrace.api.configs;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The loggers of Logback. FATAL, which it does not have, is ERROR.
 *
 * <p>Owner: any thread.
 */
public final class LogbackLoggers implements BrokerLoggers {
  private final LoggerContext loggers;

  public LogbackLoggers(LoggerContext loggers) {
    this.loggers = loggers;
  }

  @Override
  public SortedMap<String, String> levels() {
    SortedMap<String, String> levels = new TreeMap<>();
    for (Logger logger : loggers.getLoggerList()) {
      boolean root = logger.getName().equals(org.slf4j.Logger.ROOT_LOGGER_NAME);
      levels.put(root ? ROOT : logger.getName(), logger.getEffectiveLevel().toString());
    }
    return levels;
  }

  @Override
  public boolean exists(String name) {
    return loggers.exists(nameHere(name)) != null;
  }

  @Override
  public void set(String name, String level) {
    Level wanted = null;
    if (level != null) {
      wanted = level.equals("FATAL") ? Level.ERROR : Level.valueOf(level);
    }
    loggers.getLogger(nameHere(name)).setLevel(wanted);
  }

  private static String nameHere(String name) {
    return name.equals(ROOT) ? org.slf4j.Logger.ROOT_LOGGER_NAME : name;
  }
}
