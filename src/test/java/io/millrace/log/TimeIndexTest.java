package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimeIndexTest {
  private static final long BASE = 5_000_000_000L;

  @TempDir Path directory;
  private Path file;
  private final FaultyFileIo io = new FaultyFileIo();
  private final TimeIndex index = TimeIndex.empty(BASE);

  @BeforeEach
  void nameFile() {
    file = directory.resolve("00000000005000000000.timeindex");
  }

  private void flush(TimeIndex flushed) throws IOException {
    try (FileChannel channel = io.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      flushed.flush(io, channel);
    }
  }

  private TimeIndex reloaded() throws IOException {
    TimeIndex loaded = TimeIndex.unloaded(BASE);
    loaded.install(TimeIndex.read(io, file, BASE, Long.MAX_VALUE));
    return loaded;
  }

  /** Writes pairs of timestamp and relative offset. */
  private void write(long... numbers) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(numbers.length * 6);
    for (int i = 0; i < numbers.length; i += 2) {
      bytes.putLong(numbers[i]).putInt((int) numbers[i + 1]);
    }
    Files.write(file, bytes.array());
  }

  @Test
  void shouldFindTheLargestTimestampAtOrBelow() {
    index.append(1000, BASE + 9);
    index.append(2000, BASE + 19);

    assertThat(index.lookup(-1)).isEqualTo(BASE);
    assertThat(index.lookup(999)).isEqualTo(BASE);
    assertThat(index.lookup(1000)).isEqualTo(BASE + 9);
    assertThat(index.lookup(1999)).isEqualTo(BASE + 9);
    assertThat(index.lookup(2000)).isEqualTo(BASE + 19);
    assertThat(index.lookup(Long.MAX_VALUE)).isEqualTo(BASE + 19);
  }

  @Test
  void shouldFindItsBaseOffsetWhenEmpty() {
    assertThat(index.lookup(1000)).isEqualTo(BASE);
    assertThat(index.lastTimestamp()).isEqualTo(-1);
  }

  @Test
  void shouldKeepOnlyTimestampsThatGrow() {
    index.append(1000, BASE + 9);
    index.append(1000, BASE + 19);
    index.append(500, BASE + 29);
    index.append(-1, BASE + 39);
    assertThat(index.entries()).isEqualTo(1);
    assertThat(index.lastTimestamp()).isEqualTo(1000);
    assertThat(index.entry(0)).isEqualTo(new TimeIndex.Entry(1000, BASE + 9));
  }

  @Test
  void shouldLeaveOutRecordsWithoutATimestamp() {
    index.append(-1, BASE + 9);
    assertThat(index.entries()).isZero();
  }

  @Test
  void shouldRefuseALaterTimestampAtAnEarlierOffset() {
    index.append(1000, BASE + 9);
    assertThatIllegalArgumentException().isThrownBy(() -> index.append(2000, BASE + 9));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> index.append(2000, BASE + Integer.MAX_VALUE + 1));
  }

  @Test
  void shouldFindWhatKafkasIndexFinds() throws IOException {
    Random random = new Random(5);
    long offset = BASE;
    long timestamp = 1_700_000_000_000L;
    for (int i = 0; i < 5000; i++) {
      offset += 1 + random.nextInt(50);
      timestamp += 1 + random.nextInt(9000);
      index.append(timestamp, offset);
    }
    flush(index);
    try (var kafka =
        new org.apache.kafka.storage.internals.log.TimeIndex(file.toFile(), BASE, -1, false)) {
      kafka.sanityCheck();
      assertThat(kafka.entries()).isEqualTo(5000);
      for (int i = 0; i < 20_000; i++) {
        long target = 1_700_000_000_000L - 10 + random.nextInt(5000 * 4500);
        assertThat(index.lookup(target)).isEqualTo(kafka.lookup(target).offset());
      }
      kafka.closeHandler();
    }
  }

  @Test
  void shouldReadWhatKafkaWrote() throws IOException {
    try (var kafka =
        new org.apache.kafka.storage.internals.log.TimeIndex(file.toFile(), BASE, 1200)) {
      kafka.maybeAppend(1000, BASE + 3);
      kafka.maybeAppend(2000, BASE + Integer.MAX_VALUE);
    }
    TimeIndex loaded = reloaded();
    assertThat(loaded.entries()).isEqualTo(2);
    assertThat(loaded.entry(0)).isEqualTo(new TimeIndex.Entry(1000, BASE + 3));
    assertThat(loaded.entry(1)).isEqualTo(new TimeIndex.Entry(2000, BASE + Integer.MAX_VALUE));
  }

  @Test
  void shouldReadItsLastEntryAlone() throws IOException {
    index.append(1000, BASE + 3);
    index.append(2000, BASE + 7);
    flush(index);
    assertThat(TimeIndex.readLast(io, file, BASE)).isEqualTo(new TimeIndex.Entry(2000, BASE + 7));
  }

  @Test
  void shouldReadNoLastEntryFromAnEmptyFile() throws IOException {
    flush(index);
    assertThat(TimeIndex.readLast(io, file, BASE)).isEqualTo(new TimeIndex.Entry(-1, BASE));
  }

  @Test
  void shouldRemoveEntriesFromAnOffsetOn() {
    index.append(1000, BASE + 1);
    index.append(2000, BASE + 2);
    index.append(5000, BASE + 5);
    index.truncateTo(Long.MAX_VALUE);
    index.truncateTo(BASE + 6);
    assertThat(index.entries()).isEqualTo(3);
    index.truncateTo(BASE + 2);
    assertThat(index.entries()).isEqualTo(1);
    index.truncateTo(BASE - 100);
    assertThat(index.entries()).isZero();
  }

  @Test
  void shouldCutTheFileAfterATruncation() throws IOException {
    index.append(1000, BASE + 1);
    index.append(2000, BASE + 2);
    index.append(3000, BASE + 3);
    flush(index);
    index.truncateTo(BASE + 2);
    assertThat(index.dirty()).isTrue();
    index.append(1500, BASE + 4);
    flush(index);
    assertThat(Files.size(file)).isEqualTo(24);
    assertThat(reloaded().entry(1)).isEqualTo(new TimeIndex.Entry(1500, BASE + 4));
  }

  @Test
  void shouldFlushAgainAfterAFailure() throws IOException {
    index.append(1000, BASE + 1);
    index.append(2000, BASE + 2);
    io.limitSpace(17);
    assertThatThrownBy(() -> flush(index)).isInstanceOf(IOException.class);
    io.heal();
    flush(index);
    assertThat(reloaded().lookup(2000)).isEqualTo(BASE + 2);
    assertThat(Files.size(file)).isEqualTo(24);
  }

  @Test
  void shouldUnloadOnlyWhatIsInTheFile() throws IOException {
    index.append(1000, BASE + 1);
    assertThat(index.unload()).isFalse();
    flush(index);
    assertThat(index.unload()).isTrue();
    assertThatIllegalStateException().isThrownBy(() -> index.lookup(1000));
    index.install(TimeIndex.read(io, file, BASE, BASE + 2));
    assertThat(index.lookup(1000)).isEqualTo(BASE + 1);
  }

  @Test
  void shouldReportHalfAnEntry() throws IOException {
    Files.write(file, new byte[20]);
    assertThatThrownBy(this::reloaded)
        .isInstanceOf(CorruptIndexException.class)
        .hasMessageContaining(file.toString());
    assertThatThrownBy(() -> TimeIndex.readLast(io, file, BASE))
        .isInstanceOf(CorruptIndexException.class);
  }

  @Test
  void shouldReportEntriesThatDoNotGrow() throws IOException {
    write(1000, 1, 1000, 2);
    assertThatThrownBy(this::reloaded).isInstanceOf(CorruptIndexException.class);
    write(1000, 2, 2000, 2);
    assertThatThrownBy(this::reloaded).isInstanceOf(CorruptIndexException.class);
    write(1000, 2, 0, 0, 0, 0);
    assertThatThrownBy(this::reloaded).isInstanceOf(CorruptIndexException.class);
    write(-1, 2);
    assertThatThrownBy(this::reloaded).isInstanceOf(CorruptIndexException.class);
  }

  @Test
  void shouldReportEntriesBeyondTheSegment() throws IOException {
    write(1000, 5);
    assertThat(TimeIndex.read(io, file, BASE, BASE + 6).timestamps()).hasSize(1);
    assertThatThrownBy(() -> TimeIndex.read(io, file, BASE, BASE + 5))
        .isInstanceOf(CorruptIndexException.class);
  }
}
