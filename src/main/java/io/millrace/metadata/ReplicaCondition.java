package io.millrace.metadata;

/**
 * How a replica is, as its broker has reported it.
 *
 * <p>Owner: immutable.
 */
public enum ReplicaCondition {
  /** Nothing keeps it from leading. */
  ONLINE(0),
  /** Its log directory has failed, or its log cannot be opened: it can do nothing. */
  OFFLINE(1),
  /** Its log directory has too little space: it can be read, and takes no records. */
  FULL(2);

  private final int code;

  ReplicaCondition(int code) {
    this.code = code;
  }

  /** As bytes have it. */
  public int code() {
    return code;
  }

  /** null = no condition has this code. */
  public static ReplicaCondition of(int code) {
    for (ReplicaCondition condition : values()) {
      if (condition.code == code) {
        return condition;
      }
    }
    return null;
  }
}
