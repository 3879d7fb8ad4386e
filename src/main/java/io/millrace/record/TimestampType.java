package io.millrace.record;

/**
 * Whose clock a batch's timestamps come from: bit 3 of the batch attributes.
 *
 * <p>Owner: immutable.
 */
public enum TimestampType {
  /** The producer's; each record has its own. */
  CREATE_TIME("CreateTime"),
  /** The leader's at the append; the batch's max timestamp stands for all its records. */
  LOG_APPEND_TIME("LogAppendTime");

  private final String configName;

  TimestampType(String configName) {
    this.configName = configName;
  }

  /** The name in {@code message.timestamp.type}. */
  public String configName() {
    return configName;
  }

  /** The type of this configuration name; null = no such type. */
  public static TimestampType ofName(String name) {
    for (TimestampType type : values()) {
      if (type.configName.equals(name)) {
        return type;
      }
    }
    return null;
  }
}
