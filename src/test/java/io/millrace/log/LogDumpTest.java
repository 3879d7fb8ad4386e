package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.BatchBuilder;
import io.millrace.record.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Apache Kafka's DumpLogSegments must find nothing wrong with the files. */
class LogDumpTest {
  @TempDir Path path;
  private LogFixture f;

  @BeforeEach
  void open() {
    f = new LogFixture(path);
    f.config = LogConfig.defaults().with().segmentBytes(20_000).indexIntervalBytes(1000).build();
    f.open();
  }

  @AfterEach
  void close() {
    f.close();
  }

  private void fill(int from, int to) {
    Codec[] codecs = Codec.values();
    for (int i = from; i < to; i++) {
      BatchBuilder builder =
          new BatchBuilder().codec(codecs[i % codecs.length]).producer(5, (short) 0, 3 * i);
      for (int r = 0; r < 3; r++) {
        builder.append(f.clock.wallMs + (i * 37) % 100 + i / 7, null, new byte[50 + i % 100]);
      }
      ByteBuffer batch = LogFixture.direct(builder.build());
      f.append(batch);
    }
  }

  private void assertClean(int batches) throws IOException {
    int found = 0;
    for (String name : f.files(".log")) {
      Path log = f.logPath().resolve(name);
      DumpLog.Output dump = DumpLog.run(log, "--deep-iteration", "--print-data-log");
      // The tool of 4.3.1 takes every segment but the first for one with a gap at its start.
      assertThat(dump.err().lines())
          .as(name)
          .allMatch(l -> l.startsWith("Non-consecutive offsets in") || l.startsWith("  -1 is"));
      assertThat(dump.out())
          .doesNotContain("invalid bytes")
          .doesNotContain("isvalid: false")
          .doesNotContain("Found");
      found += dump.out().split("baseOffset: ", -1).length - 1;
    }
    assertThat(found).isEqualTo(batches);
    for (String suffix : new String[] {".index", ".timeindex"}) {
      for (String name : f.files(suffix)) {
        Path index = f.logPath().resolve(name);
        DumpLog.Output sanity = DumpLog.run(index, "--index-sanity-check");
        assertThat(sanity.err()).as(name).isEmpty();
        assertThat(sanity.out()).contains("passed sanity check");
        DumpLog.Output dump = DumpLog.run(index, "--verify-index-only");
        assertThat(dump.err()).as(name).isEmpty();
        assertThat(dump.out())
            .as(name)
            .doesNotContain("Mismatches")
            .doesNotContain("Found")
            .doesNotContain("not found");
      }
    }
    for (String name : f.files(".snapshot")) {
      assertThat(DumpLog.run(f.logPath().resolve(name)).err()).as(name).isEmpty();
    }
  }

  @Test
  void shouldBeCleanForKafkasOwnTool() throws IOException {
    fill(0, 300);
    f.restart();
    fill(300, 400);
    f.stop();
    assertThat(f.files(".log")).hasSizeGreaterThan(3);
    assertThat(f.files(".index")).hasSameSizeAs(f.files(".log"));
    assertThat(f.files(".timeindex")).hasSameSizeAs(f.files(".log"));
    assertClean(400);
  }

  @Test
  void shouldBeCleanAfterARecovery() throws IOException {
    fill(0, 300);
    LogFixture after = f.crashed(path.resolveSibling(path.getFileName() + "-after"));
    after.open();
    LogFixture before = f;
    f = after;
    fill(300, 400);
    f.stop();
    assertClean(400);
    f = before;
  }
}
