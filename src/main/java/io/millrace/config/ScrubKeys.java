package io.millrace.config;

import static io.millrace.config.ConfigKey.booleanKey;
import static io.millrace.config.ConfigKey.longKey;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The settings of the scrub, which reads what is on the disks now and then and finds what the disk
 * has changed. They can be changed while the node runs.
 *
 * <p>Owner: immutable.
 */
public final class ScrubKeys {
  private static final String CARE = "Care of the logs";

  public static final ConfigKey<Boolean> LOG_SCRUB_ENABLE =
      booleanKey("log.scrub.enable")
          .section(CARE)
          .clusterWide()
          .defaultsTo(true)
          .doc(
              "Whether closed segments are read now and then to find what the disk has changed. A"
                  + " bad batch is reported and, where a replica in sync has it, taken from there.")
          .build();

  public static final ConfigKey<Long> LOG_SCRUB_IO_MAX_BYTES_PER_SECOND =
      longKey("log.scrub.io.max.bytes.per.second")
          .section(CARE)
          .unit("bytes/s")
          .clusterWide()
          .defaultsTo(8L << 20)
          .allowed(Allowed.atLeast(1L))
          .doc(
              "So much the scrub reads of each log directory, past the page cache where the file"
                  + " system allows it. It rests while the directory's writes are slow.")
          .build();

  public static final ConfigKey<Long> LOG_SCRUB_INTERVAL_MS =
      longKey("log.scrub.interval.ms")
          .section(CARE)
          .unit("ms")
          .clusterWide()
          .defaultsTo(TimeUnit.DAYS.toMillis(7))
          .allowed(Allowed.atLeast(100L))
          .doc(
              "How long after a log was scrubbed it is scrubbed again. A round takes longer where"
                  + " the rate does not suffice for it.")
          .build();

  public static final List<ConfigKey<?>> ALL =
      List.of(LOG_SCRUB_ENABLE, LOG_SCRUB_IO_MAX_BYTES_PER_SECOND, LOG_SCRUB_INTERVAL_MS);

  private ScrubKeys() {}
}
