package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class SegmentIndexesTest {
  private static final String LARGE = "x".repeat(400);

  @TempDir Path path;
  private final ListAppender<ILoggingEvent> warnings = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(SegmentIndexes.class);
  private LogFixture f;

  @BeforeEach
  void open() {
    warnings.start();
    logger.addAppender(warnings);
    f = new LogFixture(path);
    f.config = LogConfig.defaults().with().indexIntervalBytes(150).build();
    f.open();
  }

  @AfterEach
  void close() {
    f.close();
    logger.detachAppender(warnings);
  }

  private Path index(String suffix) {
    return f.logPath().resolve(f.files(suffix).get(0));
  }

  /** Reading from the start needs the indexes. */
  private void assertGoesOn(int endOffset) throws IOException {
    f.append("next");
    assertThat(f.readAll(0, 5_000))
        .isEqualTo(LongStream.rangeClosed(0, endOffset).boxed().toList());
  }

  @Test
  void shouldTakeTheIndexesOfASegmentOfOneLargeBatch() throws IOException {
    f.append(LARGE);
    f.stop();
    assertThat(index(".index")).isEmptyFile();
    assertThat(index(".timeindex")).hasSize(TimeIndex.ENTRY_BYTES);

    f.open();
    assertGoesOn(1);

    assertThat(warnings.list).isEmpty();
  }

  @Test
  void shouldTakeTheIndexesOfBatchesWithoutTimestamps() throws IOException {
    for (int i = 0; i < 3; i++) {
      f.append(LogFixture.batch(RecordBatch.NO_TIMESTAMP, LARGE));
    }
    f.stop();
    assertThat(index(".index")).isNotEmptyFile();
    assertThat(index(".timeindex")).isEmptyFile();

    f.open();
    assertGoesOn(3);

    assertThat(warnings.list).isEmpty();
  }

  @Test
  void shouldCompleteALostOffsetIndex() throws IOException {
    f.appendUpTo(10, LARGE);
    f.stop();
    Files.write(index(".index"), new byte[0]);

    f.open();
    assertGoesOn(10);

    assertThat(f.offsets(f.read(7, 1))).containsExactly(7L);
    assertThat(warnings.list).isEmpty();
  }

  @Test
  void shouldRebuildALostTimeIndex() throws IOException {
    f.appendUpTo(10, LARGE);
    f.stop();
    Files.write(index(".timeindex"), new byte[0]);

    f.open();
    assertGoesOn(10);

    assertThat(warnings.list)
        .singleElement()
        .satisfies(event -> assertThat(event.getFormattedMessage()).contains("it is empty"));
  }
}
