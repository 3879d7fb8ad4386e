package io.millrace.it;

/**
 * Something that happens to a cluster, and how it ends.
 *
 * @param name as on the command line, such as {@code kill-leader}
 * @param what it does, for the report
 * @param targetMs how long a partition may be without an acknowledgement because of it; -1 = no
 *     target
 * @param isShort whether it belongs to the short run
 * @param act does it, and puts it right again; what must hold is checked afterwards
 *     <p>Owner: immutable.
 */
record ChaosFault(String name, String what, long targetMs, boolean isShort, Act act) {
  /** Does the fault. */
  interface Act {
    void on(ChaosScene scene) throws Exception;
  }

  /** A fault cannot be made on this machine. */
  static final class Impossible extends RuntimeException {
    private static final long serialVersionUID = 1;

    Impossible(String why) {
      super(why);
    }
  }
}
