package io.millrace.coordinator.group.consumer;

/**
 * How far a member is on the way to its target assignment (KIP-848, with Kafka's numbers).
 *
 * <p>Owner: immutable.
 */
public enum MemberState {
  /** It is where its epoch says. */
  STABLE(1),
  /** It still has to give partitions up, and stays in its epoch until then. */
  UNREVOKED_PARTITIONS(2),
  /** It is in the target's epoch, but others still own partitions of its target. */
  UNRELEASED_PARTITIONS(3),
  /** Written by a newer version: the member starts anew. */
  UNKNOWN(127);

  private final byte code;

  MemberState(int code) {
    this.code = (byte) code;
  }

  /** The number in records. */
  public byte code() {
    return code;
  }

  /** The state of a record's number. */
  public static MemberState of(byte code) {
    for (MemberState state : values()) {
      if (state.code == code) {
        return state;
      }
    }
    return UNKNOWN;
  }
}
