package io.millrace.cli;

/**
 * Tells {@code logback.xml} what this process is, before anything logs. A node logs calm lines to
 * standard output. A client command says what matters itself, so the Kafka clients' own log is
 * silent unless {@code --verbose}, and then on standard error, apart from the results.
 *
 * <p>Owner: the command's thread.
 */
final class Logging {
  private static final String VERBOSE = "millrace.verbose";

  private Logging() {}

  static void configure(boolean node, boolean verbose) {
    System.setProperty(VERBOSE, Boolean.toString(verbose));
    setUnlessGiven("millrace.log.target", node ? "System.out" : "System.err");
    setUnlessGiven("millrace.log.level", node || verbose ? "INFO" : "OFF");
    if (!node) {
      setUnlessGiven("millrace.log.libraries", verbose ? "INFO" : "OFF");
    } else if (verbose) {
      setUnlessGiven("millrace.log.own", "DEBUG");
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
