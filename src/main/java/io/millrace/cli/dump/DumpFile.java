package io.millrace.cli.dump;

import java.nio.file.Path;
import java.util.Locale;

/**
 * Knows by its name what a file of a log directory is.
 *
 * @param kind what to read it as
 * @param baseOffset of the segment; -1 where the name has none
 *     <p>Owner: immutable.
 */
record DumpFile(Kind kind, long baseOffset) {
  /** What a file can be. */
  enum Kind {
    SEGMENT,
    OFFSET_INDEX,
    TIME_INDEX,
    TRANSACTION_INDEX,
    PRODUCER_SNAPSHOT,
    LEADER_EPOCHS,
    PARTITION_OFFSETS,
    TEXT,
    UNKNOWN
  }

  static DumpFile of(Path file) {
    String name = file.getFileName().toString().replaceFirst("\\.(deleted|cleaned|swap)$", "");
    int dot = name.lastIndexOf('.');
    String suffix = dot < 0 ? "" : name.substring(dot).toLowerCase(Locale.ROOT);
    long base = baseOffset(name);
    if (base >= 0 || suffix.equals(".log") || suffix.equals(".checkpoint")) {
      switch (suffix) {
        case ".log", ".checkpoint" -> {
          return new DumpFile(Kind.SEGMENT, base);
        }
        case ".index" -> {
          return new DumpFile(Kind.OFFSET_INDEX, base);
        }
        case ".timeindex" -> {
          return new DumpFile(Kind.TIME_INDEX, base);
        }
        case ".txnindex" -> {
          return new DumpFile(Kind.TRANSACTION_INDEX, base);
        }
        case ".snapshot" -> {
          return new DumpFile(Kind.PRODUCER_SNAPSHOT, base);
        }
        default -> {}
      }
    }
    if (name.equals("leader-epoch-checkpoint")) {
      return new DumpFile(Kind.LEADER_EPOCHS, -1);
    }
    if (name.endsWith("-offset-checkpoint")) {
      return new DumpFile(Kind.PARTITION_OFFSETS, -1);
    }
    boolean text =
        name.equals("partition.metadata")
            || name.equals("meta.properties")
            || name.equals("quorum-state")
            || name.endsWith(".properties");
    return new DumpFile(text ? Kind.TEXT : Kind.UNKNOWN, -1);
  }

  /** The file of the same segment with another suffix. */
  static Path sibling(Path file, String suffix) {
    String name = file.getFileName().toString();
    int dot = name.indexOf('.');
    return file.resolveSibling((dot < 0 ? name : name.substring(0, dot)) + suffix);
  }

  /** Segments are named by 20 digits; a KRaft checkpoint has its epoch behind them. */
  private static long baseOffset(String name) {
    if (!name.matches("\\d{20}[.-].*")) {
      return -1;
    }
    try {
      return Long.parseLong(name.substring(0, 20));
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
