package io.millrace.cli;

/**
 * Tells {@link LogbackConfiguration} what this process is, before anything logs. A node logs calm
 * lines to standard output. A client command says what matters itself, so the Kafka clients' own
 * log is silent unless {@code --verbose}, and then on standard error, apart from the results.
 *
 * <p>Owner: the command's thread.
 */
final class Logging {
  static final String TARGET = "millrace.log.target";
  static final String LEVEL = "millrace.log.level";
  static final String OWN = "millrace.log.own";
  static final String LIBRARIES = "millrace.log.libraries";
  private static final String VERBOSE = "millrace.verbose";

  private Logging() {}

  static void configure(boolean node, boolean verbose) {
    System.setProperty(VERBOSE, Boolean.toString(verbose));
    setUnlessGiven(TARGET, node ? "System.out" : "System.err");
    setUnlessGiven(LEVEL, node || verbose ? "INFO" : "OFF");
    if (!node) {
      setUnlessGiven(LIBRARIES, verbose ? "INFO" : "OFF");
    } else if (verbose) {
      setUnlessGiven(OWN, "DEBUG");
    }
  }

  static boolean verbose() {
    return Boolean.getBoolean(VERBOSE);
  }

  private static void setUnlessGiven(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }
}
