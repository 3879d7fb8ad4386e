package io.millrace.coordinator.group.consumer;

import java.util.Locale;

/**
 * Whether groups change between the classic and the consumer protocol while they have members.
 *
 * <p>Owner: immutable.
 */
public enum MigrationPolicy {
  BIDIRECTIONAL(true, true),
  UPGRADE(true, false),
  DOWNGRADE(false, true),
  DISABLED(false, false);

  private final boolean upgrades;
  private final boolean downgrades;

  MigrationPolicy(boolean upgrades, boolean downgrades) {
    this.upgrades = upgrades;
    this.downgrades = downgrades;
  }

  /** Whether a classic group becomes a consumer group when a member of that protocol joins. */
  public boolean upgrades() {
    return upgrades;
  }

  /** Whether a consumer group becomes classic when only classic members are left. */
  public boolean downgrades() {
    return downgrades;
  }

  /**
   * The policy of a name, in any case.
   *
   * @throws IllegalArgumentException there is none
   */
  public static MigrationPolicy of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }
}
