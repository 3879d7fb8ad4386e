package io.millrace.record;

import java.util.Locale;

/**
 * How the records of a batch are compressed: bits 0 to 2 of the batch attributes (protocol guide,
 * Record Batch).
 *
 * <p>Owner: immutable.
 */
public enum Codec {
  NONE(0),
  GZIP(1),
  SNAPPY(2),
  LZ4(3),
  ZSTD(4);

  private static final Codec[] BY_ID = values();

  private final int id;
  private final String configName;

  Codec(int id) {
    this.id = id;
    this.configName = name().toLowerCase(Locale.ROOT);
  }

  /** The number in the batch attributes. */
  public int id() {
    return id;
  }

  /** The name in {@code compression.type}, {@code none} for {@link #NONE}. */
  public String configName() {
    return configName;
  }

  /** The codec of this number; null = no such codec. */
  public static Codec ofId(int id) {
    return id >= 0 && id < BY_ID.length ? BY_ID[id] : null;
  }

  /** The codec of this configuration name, also {@code uncompressed}; null = no such codec. */
  public static Codec ofName(String name) {
    if (name.equals("uncompressed")) {
      return NONE;
    }
    for (Codec codec : BY_ID) {
      if (codec.configName.equals(name)) {
        return codec;
      }
    }
    return null;
  }
}
