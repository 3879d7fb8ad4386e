package io.millrace.config;

import static io.millrace.config.ConfigKey.booleanKey;
import static io.millrace.config.ConfigKey.doubleKey;
import static io.millrace.config.ConfigKey.intKey;
import static io.millrace.config.ConfigKey.longKey;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The settings of the log cleaner as a whole; what it does with a topic's logs is in {@link
 * TopicKeys}. Names, units and defaults are Kafka's.
 *
 * <p>Owner: immutable.
 */
public final class CleanerKeys {
  /** Memory that every thread of the cleaner needs at least for the offsets of keys, in bytes. */
  static final long LEAST_DEDUPE_BUFFER = 1 << 20;

  private static final String CARE = "Care of the logs";
  private static final String BYTES = "bytes";

  public static final ConfigKey<Boolean> LOG_CLEANER_ENABLE =
      booleanKey("log.cleaner.enable")
          .section(CARE)
          .defaultsTo(true)
          .doc(
              "Whether topics with `cleanup.policy=compact` are compacted. Without it they grow,"
                  + " the node's own included.")
          .build();

  public static final ConfigKey<Integer> LOG_CLEANER_THREADS =
      intKey("log.cleaner.threads")
          .section(CARE)
          .clusterWide()
          .defaultsTo(1)
          .allowed(Allowed.atLeast(0))
          .doc(
              "How many logs are compacted at a time. While the node runs it may become at least"
                  + " half and at most double of what it is.")
          .build();

  public static final ConfigKey<Long> LOG_CLEANER_DEDUPE_BUFFER_SIZE =
      longKey("log.cleaner.dedupe.buffer.size")
          .section(CARE)
          .unit(BYTES)
          .clusterWide()
          .defaultsTo(128L << 20)
          .allowed(Allowed.atLeast(LEAST_DEDUPE_BUFFER))
          .doc(
              "Memory for the keys of the logs being compacted, 24 bytes each, shared by the"
                  + " threads; outside the heap, taken only when needed, and at most as much as a"
                  + " quarter of the heap. A log with more new keys is compacted in several passes.")
          .build();

  public static final ConfigKey<Double> LOG_CLEANER_IO_BUFFER_LOAD_FACTOR =
      doubleKey("log.cleaner.io.buffer.load.factor")
          .section(CARE)
          .clusterWide()
          .defaultsTo(0.9)
          .allowed(Allowed.between(0.1, 1.0))
          .doc(
              "How full the memory for keys may become. More keys fit a pass with a higher one, and"
                  + " each takes longer to find.")
          .build();

  public static final ConfigKey<Integer> LOG_CLEANER_IO_BUFFER_SIZE =
      intKey("log.cleaner.io.buffer.size")
          .section(CARE)
          .unit(BYTES)
          .clusterWide()
          .defaultsTo(512 << 10)
          .allowed(Allowed.atLeast(0))
          .doc("Memory for reading and writing while compacting, shared by the threads.")
          .build();

  public static final ConfigKey<Long> LOG_CLEANER_BACKOFF_MS =
      longKey("log.cleaner.backoff.ms")
          .section(CARE)
          .unit("ms")
          .clusterWide()
          .defaultsTo(15_000L)
          .allowed(Allowed.atLeast(0L))
          .doc("How long the cleaner rests when it finds no log to compact.")
          .build();

  public static final ConfigKey<Double> LOG_CLEANER_IO_MAX_BYTES_PER_SECOND =
      doubleKey("log.cleaner.io.max.bytes.per.second")
          .section(CARE)
          .unit("bytes/s")
          .clusterWide()
          .defaultsTo(Double.MAX_VALUE)
          .allowed(Allowed.atLeast(1.0))
          .doc(
              "How much all threads of the cleaner together read and write at most, on average."
                  + " Less leaves more of the disk to clients, and compaction takes longer.")
          .build();

  /** What the cleaner follows while the node runs, as Kafka's does. */
  public static final Set<ConfigKey<?>> DYNAMIC =
      Set.of(
          LOG_CLEANER_THREADS,
          LOG_CLEANER_DEDUPE_BUFFER_SIZE,
          LOG_CLEANER_IO_BUFFER_LOAD_FACTOR,
          LOG_CLEANER_IO_BUFFER_SIZE,
          LOG_CLEANER_IO_MAX_BYTES_PER_SECOND,
          LOG_CLEANER_BACKOFF_MS);

  /** In the order of the reference page. */
  static final List<ConfigKey<?>> ALL =
      List.of(
          LOG_CLEANER_ENABLE,
          LOG_CLEANER_THREADS,
          LOG_CLEANER_DEDUPE_BUFFER_SIZE,
          LOG_CLEANER_IO_BUFFER_LOAD_FACTOR,
          LOG_CLEANER_IO_BUFFER_SIZE,
          LOG_CLEANER_IO_MAX_BYTES_PER_SECOND,
          LOG_CLEANER_BACKOFF_MS);

  private CleanerKeys() {}

  /**
   * Whether the number of threads of a running cleaner may become another, by Kafka's rule: at
   * least one, at least half and at most double.
   *
   * @param now in force; 0 = the cleaner is off, and no number turns it on before a restart
   * @return what is wrong with it; empty = nothing
   */
  public static Optional<String> refuseThreads(int now, int wanted) {
    if (wanted == now || (now == 0 && wanted > 0)) {
      return Optional.empty();
    }
    if (wanted >= 1 && wanted >= now / 2 && wanted <= 2L * now) {
      return Optional.empty();
    }
    return Optional.of(
        "Invalid value "
            + wanted
            + " for configuration log.cleaner.threads: it is "
            + now
            + " now; allowed at one time: "
            + Math.max(1, now / 2)
            + " to "
            + 2L * now);
  }
}
