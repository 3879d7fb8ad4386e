package io.millrace.config;

import static io.millrace.config.ConfigKey.intKey;
import static io.millrace.config.ConfigKey.listKey;
import static io.millrace.config.ConfigKey.longKey;
import static io.millrace.config.ConfigKey.stringKey;

import java.util.List;

/**
 * Keys of the node about where its logs are: directories, and what each of them takes of the
 * machine. Names, units and defaults are Kafka's, except for the place of the data.
 *
 * <p>Owner: immutable.
 */
public final class LogDirKeys {
  private static final String PLACE = "Where data is kept";
  private static final String BYTES = "bytes";

  public static final ConfigKey<List<String>> LOG_DIR =
      listKey("log.dir")
          .section(PLACE)
          .defaultsTo(List.of("data"))
          .allowed(Allowed.distinctEntries())
          .doc(
              "Directory for the data, used when `log.dirs` is not set. A relative path starts at"
                  + " the working directory of the process; it is created when it is missing.")
          .build();

  public static final ConfigKey<List<String>> LOG_DIRS =
      listKey("log.dirs")
          .section(PLACE)
          .defaultShownAs("the value of `log.dir`")
          .allowed(Allowed.distinctEntries())
          .synonym(LOG_DIR)
          .doc(
              "Directories for the data, comma separated, best one for each disk. New partitions go"
                  + " to them by free space, and evenly when that is alike. When a disk fails only"
                  + " the partitions on it go offline.")
          .build();

  public static final ConfigKey<List<String>> CORDONED_LOG_DIRS =
      listKey("cordoned.log.dirs")
          .section(PLACE)
          .defaultsTo(List.of())
          .allowed(Allowed.distinctOrAll("*"))
          .perBroker()
          .doc(
              "Directories of `log.dirs` that get no new partitions as long as there is another one"
                  + " (KIP-1066), comma separated; `*` = all. What is in them stays; `millrace"
                  + " disks drain` moves it away.")
          .build();

  public static final ConfigKey<String> METADATA_LOG_DIR =
      stringKey("metadata.log.dir")
          .section(PLACE)
          .defaultShownAs("the first of `log.dirs`")
          .doc("Directory for the log of the cluster's metadata.")
          .build();

  public static final ConfigKey<Long> LOG_DIR_MIN_FREE_BYTES =
      longKey("log.dir.min.free.bytes")
          .section(PLACE)
          .unit(BYTES)
          .defaultsTo(256L << 20)
          .allowed(Allowed.atLeast(0L))
          .doc(
              "When a log directory's file system has less free space than this, producers get the"
                  + " retriable KAFKA_STORAGE_ERROR until there is space again; reading, committing"
                  + " and deleting go on. 0 = only stop when the disk is really full.")
          .build();

  public static final ConfigKey<Integer> LOG_MAX_OPEN_FILES =
      intKey("log.max.open.files")
          .section(PLACE)
          .defaultsTo(8192)
          .allowed(Allowed.atLeast(64))
          .doc(
              "How many segment files each log directory keeps open while nobody uses them, those"
                  + " that are written to included; the longest unused one is closed first, and"
                  + " opened again by whoever wants it. Keep it below the limit of open files of"
                  + " the process, which also counts connections.")
          .build();

  /** In the order of the reference page. */
  static final List<ConfigKey<?>> ALL =
      List.of(
          LOG_DIRS,
          LOG_DIR,
          CORDONED_LOG_DIRS,
          METADATA_LOG_DIR,
          LOG_DIR_MIN_FREE_BYTES,
          LOG_MAX_OPEN_FILES);

  private LogDirKeys() {}
}
