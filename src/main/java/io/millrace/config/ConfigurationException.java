package io.millrace.config;

import java.util.List;

/**
 * The configuration cannot be used: every problem at once, each with key, value and what is
 * allowed.
 *
 * <p>Owner: immutable.
 */
public final class ConfigurationException extends RuntimeException {
  private final List<String> problems;

  public ConfigurationException(List<String> problems) {
    super(String.join(System.lineSeparator(), problems));
    this.problems = List.copyOf(problems);
  }

  /** One line each. */
  public List<String> problems() {
    return problems;
  }
}
