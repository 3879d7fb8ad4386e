package io.millrace.log;

import io.millrace.log.clean.CleanerConfig;
import io.millrace.log.clean.CompactionConfig;
import io.millrace.metrics.Metrics;
import io.millrace.record.BatchBuilder;
import io.millrace.record.Codec;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Locale;
import java.util.Random;

/**
 * How fast a log is compacted: rounds over so many new megabytes of records of 16 bytes of key and
 * 100 of value each, a hundred to a batch, of a number of keys. Says wall time, and CPU time of the
 * cleaner's thread, which other work on the machine disturbs less.
 *
 * <pre>java -cp … io.millrace.log.CleaningBenchmark [codec] [megabytes] [keys] [rounds]</pre>
 *
 * <p>Owner: the main thread.
 */
public final class CleaningBenchmark {
  private static final int RECORDS = 100;

  private CleaningBenchmark() {}

  /** Runs it. */
  public static void main(String[] args) throws IOException {
    Codec codec = args.length > 0 ? Codec.valueOf(args[0].toUpperCase(Locale.ROOT)) : Codec.NONE;
    long megabytes = args.length > 1 ? Long.parseLong(args[1]) : 128;
    int keys = args.length > 2 ? Integer.parseInt(args[2]) : 200_000;
    int rounds = args.length > 3 ? Integer.parseInt(args[3]) : 5;
    LogFixture f = new LogFixture(Files.createTempDirectory("cleaning-benchmark"));
    f.config =
        LogConfig.defaults()
            .with()
            .segmentBytes(64 << 20)
            .fileDeleteDelayMs(0)
            .deletes(false)
            .compacts(true)
            .compaction(new CompactionConfig(0, 1000, 0, Long.MAX_VALUE))
            .build();
    f.open();
    CleanerResources resources =
        new CleanerResources(
            new CleanerConfig(1, 128 << 20, 512 << 10, 0.9, 15_000, Double.MAX_VALUE),
            Metrics.NONE);
    Random random = new Random(1);
    for (int round = 0; round < rounds; round++) {
      fill(f, codec, megabytes << 20, keys, random);
      long before = f.log.sizeInBytes();
      long cpu = cleanerCpuNanos();
      long begun = System.nanoTime();
      f.loop.await(f.log.clean(resources));
      double wallMs = (System.nanoTime() - begun) / 1e6;
      double cpuMs = (cleanerCpuNanos() - cpu) / 1e6;
      System.out.printf(
          Locale.ROOT,
          "%s: %d MB to %d MB; wall %.0f ms, %.0f MB/s; CPU %.0f ms, %.0f MB/s%n",
          codec,
          before >> 20,
          f.log.sizeInBytes() >> 20,
          wallMs,
          (before >> 20) / wallMs * 1000,
          cpuMs,
          (before >> 20) / cpuMs * 1000);
    }
    f.loop.await(f.log.delete());
    f.loop.await(() -> f.path.toFile().list((d, name) -> name.endsWith("-delete")).length == 0);
    f.close();
  }

  private static void fill(LogFixture f, Codec codec, long bytes, int keys, Random random) {
    long end = f.log.sizeInBytes() + bytes;
    byte[] value = new byte[100];
    while (f.log.sizeInBytes() < end) {
      BatchBuilder builder = new BatchBuilder().codec(codec);
      for (int i = 0; i < RECORDS; i++) {
        byte[] key = ByteBuffer.allocate(16).putLong(0, random.nextInt(keys)).array();
        random.nextBytes(value);
        builder.append(f.clock.wallMs, key, value);
      }
      f.assign(LogFixture.direct(builder.build()));
      f.log.write();
      f.loop.await(() -> f.log.logEndOffset() == f.log.nextOffset());
    }
    f.log.reconfigure(f.config.with().segmentBytes(200).build());
    long later = f.clock.wallMs + 2000;
    f.clock.wallMs = later;
    byte[] last = new byte[16];
    f.append(LogFixture.direct(new BatchBuilder().append(f.clock.wallMs, last, last).build()));
    f.log.reconfigure(f.config);
    f.loop.await(f.log.flush());
    f.loop.await(() -> f.log.recoveryPoint() == f.log.logEndOffset());
  }

  private static long cleanerCpuNanos() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().contains("-clean-")) {
        sum += Math.max(0, threads.getThreadCpuTime(thread.getId()));
      }
    }
    return sum;
  }
}
