package io.millrace.api.configs;

import java.util.SortedMap;

/**
 * The loggers of this process and their levels, in Kafka's words (KIP-412). Levels set here last
 * until the process ends.
 *
 * <p>Owner: any thread.
 */
public interface BrokerLoggers {
  /** Name of the logger above all others. */
  String ROOT = "root";

  /** The level in force for each logger that exists. */
  SortedMap<String, String> levels();

  /** Whether there is such a logger. */
  boolean exists(String name);

  /**
   * Sets the level of an existing logger.
   *
   * @param level one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL; null = the level of the logger
   *     above it
   */
  void set(String name, String level);
}
