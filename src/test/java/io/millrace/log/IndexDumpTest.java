package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Apache Kafka's DumpLogSegments finds nothing wrong with our indexes, and something if there is.
 */
class IndexDumpTest {
  private static final long BASE = 42;

  @TempDir Path directory;
  private final FileIo io = SystemFileIo.INSTANCE;
  private final OffsetIndex offsets = OffsetIndex.empty(BASE);
  private final TimeIndex times = TimeIndex.empty(BASE);

  /** A segment of 20 batches of 3 records, whose timestamps run back and forth. */
  @BeforeEach
  void writeSegment() throws IOException {
    long maxTimestamp = -1;
    long offsetOfMaxTimestamp = -1;
    try (FileChannel log = open(".log")) {
      for (int i = 0; i < 20; i++) {
        long baseOffset = BASE + i * 3L;
        MemoryRecordsBuilder builder =
            MemoryRecords.builder(
                ByteBuffer.allocate(1000), Compression.NONE, TimestampType.CREATE_TIME, baseOffset);
        for (int j = 0; j < 3; j++) {
          builder.append(10_000L + i * 100L - (i % 4) * 150L - j, null, new byte[100]);
        }
        ByteBuffer batch = builder.build().buffer();
        int position = (int) log.position();
        long batchMax = 10_000L + i * 100L - (i % 4) * 150L;
        if (batchMax > maxTimestamp) {
          maxTimestamp = batchMax;
          offsetOfMaxTimestamp = baseOffset + 2;
        }
        if (i % 2 == 1) {
          offsets.append(baseOffset + 2, position);
          times.append(maxTimestamp, offsetOfMaxTimestamp);
        }
        io.writeFully(log, new ByteBuffer[] {batch}, 0, 1);
      }
    }
    times.append(maxTimestamp, offsetOfMaxTimestamp);
  }

  private FileChannel open(String suffix) throws IOException {
    return io.open(file(suffix), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private Path file(String suffix) {
    return directory.resolve("00000000000000000042" + suffix);
  }

  private void flush() throws IOException {
    try (FileChannel index = open(".index");
        FileChannel timeIndex = open(".timeindex")) {
      offsets.flush(io, index);
      times.flush(io, timeIndex);
    }
  }

  @Test
  void shouldDumpClean() throws IOException {
    flush();
    DumpLog.Output index = DumpLog.run(file(".index"));
    assertThat(index.out().lines().filter(line -> line.startsWith("offset: "))).hasSize(10);
    assertThat(index.err()).isEmpty();
    DumpLog.Output timeIndex = DumpLog.run(file(".timeindex"));
    assertThat(timeIndex.out().lines().filter(line -> line.startsWith("timestamp: ")))
        .hasSize(times.entries());
    assertThat(timeIndex.err() + timeIndex.out()).doesNotContain("mismatch", "not found", "order");
    assertThat(timeIndex.err()).isEmpty();
  }

  @Test
  void shouldPassTheSanityCheck() throws IOException {
    flush();
    for (String suffix : new String[] {".index", ".timeindex"}) {
      DumpLog.Output output = DumpLog.run(file(suffix), "--index-sanity-check");
      assertThat(output.out()).contains("passed sanity check");
      assertThat(output.err()).isEmpty();
    }
  }

  @Test
  void shouldDumpEmptyFilesClean() throws IOException {
    offsets.truncateTo(BASE);
    times.truncateTo(BASE);
    flush();
    DumpLog.Output index = DumpLog.run(file(".index"));
    assertThat(index.out()).contains("is empty");
    assertThat(index.err()).isEmpty();
    assertThat(DumpLog.run(file(".timeindex")).err()).isEmpty();
  }

  @Test
  void shouldDumpCleanAfterATruncation() throws IOException {
    flush();
    offsets.truncateTo(BASE + 31);
    times.truncateTo(BASE + 31);
    flush();
    assertThat(DumpLog.run(file(".index")).err()).isEmpty();
    assertThat(DumpLog.run(file(".timeindex")).err()).isEmpty();
  }

  @Test
  void shouldComplainAboutAnEntryThatIsNotABatchsLastOffset() throws IOException {
    offsets.truncateTo(BASE + 31);
    offsets.append(BASE + 40, offsets.position(offsets.entries() - 1) + 1);
    flush();
    boolean complains;
    try {
      complains = !DumpLog.run(file(".index")).err().isEmpty();
    } catch (RuntimeException e) {
      complains = true;
    }
    assertThat(complains).isTrue();
  }
}
