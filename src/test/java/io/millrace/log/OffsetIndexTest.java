package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OffsetIndexTest {
  private static final long BASE = 5_000_000_000L;

  @TempDir Path directory;
  private Path file;
  private final FaultyFileIo io = new FaultyFileIo();
  private final OffsetIndex index = OffsetIndex.empty(BASE);

  @BeforeEach
  void nameFile() {
    file = directory.resolve("00000000005000000000.index");
  }

  private void flush(OffsetIndex flushed) throws IOException {
    try (FileChannel channel = io.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      flushed.flush(io, channel);
    }
  }

  private OffsetIndex reloaded() throws IOException {
    OffsetIndex loaded = OffsetIndex.unloaded(BASE);
    loaded.install(OffsetIndex.read(io, file, BASE, Long.MAX_VALUE, Long.MAX_VALUE));
    return loaded;
  }

  private void write(int... numbers) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(numbers.length * 4);
    bytes.asIntBuffer().put(numbers);
    Files.write(file, bytes.array());
  }

  @Test
  void shouldFindTheLargestEntryAtOrBelowAnOffset() {
    index.append(BASE + 9, 100);
    index.append(BASE + 19, 200);
    index.append(BASE + 29, 300);

    assertThat(index.lookup(BASE - 1)).isZero();
    assertThat(index.lookup(BASE)).isZero();
    assertThat(index.lookup(BASE + 8)).isZero();
    assertThat(index.lookup(BASE + 9)).isEqualTo(100);
    assertThat(index.lookup(BASE + 18)).isEqualTo(100);
    assertThat(index.lookup(BASE + 19)).isEqualTo(200);
    assertThat(index.lookup(BASE + 29)).isEqualTo(300);
    assertThat(index.lookup(Long.MAX_VALUE)).isEqualTo(300);
  }

  @Test
  void shouldFindNothingWhenEmpty() {
    assertThat(index.lookup(BASE)).isZero();
    assertThat(index.slotAtOrBelow(BASE)).isEqualTo(-1);
  }

  @Test
  void shouldFindWhatKafkasIndexFinds() throws IOException {
    Random random = new Random(4);
    long offset = BASE;
    int position = 0;
    for (int i = 0; i < 5000; i++) {
      offset += 1 + random.nextInt(50);
      position += 1 + random.nextInt(9000);
      index.append(offset, position);
    }
    flush(index);
    try (var kafka =
        new org.apache.kafka.storage.internals.log.OffsetIndex(file.toFile(), BASE, -1, false)) {
      kafka.sanityCheck();
      assertThat(kafka.entries()).isEqualTo(5000);
      assertThat(kafka.lastOffset()).isEqualTo(offset);
      for (int i = 0; i < 20_000; i++) {
        long target = BASE - 10 + random.nextInt((int) (offset - BASE) + 20);
        assertThat(index.lookup(target)).isEqualTo(kafka.lookup(target).position());
      }
      kafka.closeHandler();
    }
  }

  @Test
  void shouldReadWhatKafkaWrote() throws IOException {
    try (var kafka =
        new org.apache.kafka.storage.internals.log.OffsetIndex(file.toFile(), BASE, 800)) {
      kafka.append(BASE + 3, 70);
      kafka.append(BASE + Integer.MAX_VALUE, 4000);
    }
    OffsetIndex loaded = reloaded();
    assertThat(loaded.entries()).isEqualTo(2);
    assertThat(loaded.offset(0)).isEqualTo(BASE + 3);
    assertThat(loaded.position(0)).isEqualTo(70);
    assertThat(loaded.offset(1)).isEqualTo(BASE + Integer.MAX_VALUE);
    assertThat(loaded.position(1)).isEqualTo(4000);
  }

  @Test
  void shouldWriteOnlyWhatTheFileLacks() throws IOException {
    index.append(BASE + 1, 10);
    flush(index);
    assertThat(index.dirty()).isFalse();
    index.append(BASE + 2, 20);
    index.append(BASE + 3, 30);
    assertThat(index.dirty()).isTrue();
    flush(index);
    flush(index);
    assertThat(Files.size(file)).isEqualTo(24);
    assertThat(io.count(FaultyFileIo.Operation.WRITE, FaultyFileIo.any())).isEqualTo(2);
    assertThat(reloaded().lookup(BASE + 2)).isEqualTo(20);
  }

  @Test
  void shouldOverwriteAStaleFileWhenItStartsEmpty() throws IOException {
    write(1, 1, 2, 2, 3, 3);
    assertThat(index.dirty()).isTrue();
    flush(index);
    assertThat(Files.size(file)).isZero();
  }

  @Test
  void shouldFlushAgainAfterAFailure() throws IOException {
    index.append(BASE + 1, 10);
    index.append(BASE + 2, 20);
    io.limitSpace(11);
    assertThatThrownBy(() -> flush(index)).isInstanceOf(IOException.class);
    assertThat(index.dirty()).isTrue();
    io.heal();
    flush(index);
    assertThat(reloaded().lookup(BASE + 2)).isEqualTo(20);
    assertThat(Files.size(file)).isEqualTo(16);
  }

  @Test
  void shouldRemoveEntriesFromAnOffsetOn() {
    index.append(BASE + 1, 10);
    index.append(BASE + 2, 20);
    index.append(BASE + 5, 50);
    index.truncateTo(BASE + 6);
    assertThat(index.entries()).isEqualTo(3);
    index.truncateTo(BASE + 3);
    assertThat(index.entries()).isEqualTo(2);
    index.truncateTo(BASE + 2);
    assertThat(index.entries()).isEqualTo(1);
    index.truncateTo(BASE);
    assertThat(index.entries()).isZero();
  }

  @Test
  void shouldCutTheFileAfterATruncation() throws IOException {
    index.append(BASE + 1, 10);
    index.append(BASE + 2, 20);
    index.append(BASE + 3, 30);
    flush(index);
    index.truncateTo(BASE + 2);
    index.append(BASE + 4, 20);
    flush(index);
    assertThat(Files.size(file)).isEqualTo(16);
    OffsetIndex loaded = reloaded();
    assertThat(loaded.lookup(BASE + 3)).isEqualTo(10);
    assertThat(loaded.lookup(BASE + 4)).isEqualTo(20);
  }

  @Test
  void shouldRefuseEntriesThatDoNotFollow() {
    index.append(BASE + 10, 100);
    assertThatIllegalArgumentException().isThrownBy(() -> index.append(BASE + 10, 200));
    assertThatIllegalArgumentException().isThrownBy(() -> index.append(BASE + 11, 100));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> index.append(BASE + Integer.MAX_VALUE + 1, 200));
    assertThat(index.entries()).isEqualTo(1);
  }

  @Test
  void shouldRefuseOffsetsBelowItsSegment() {
    assertThatIllegalArgumentException().isThrownBy(() -> index.append(BASE - 1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> index.append(BASE, -1));
  }

  @Test
  void shouldStayLoadedUntilItsEntriesAreInTheFile() throws IOException {
    index.append(BASE + 1, 10);
    assertThat(index.unload()).isFalse();
    assertThat(index.lookup(BASE + 1)).isEqualTo(10);
    flush(index);
    assertThat(index.unload()).isTrue();
    assertThat(index.loaded()).isFalse();
    assertThatIllegalStateException().isThrownBy(() -> index.lookup(BASE + 1));
  }

  @Test
  void shouldComeBackAfterUnloading() throws IOException {
    index.append(BASE + 1, 10);
    flush(index);
    index.unload();
    index.install(OffsetIndex.read(io, file, BASE, BASE + 2, 11));
    assertThat(index.lookup(BASE + 1)).isEqualTo(10);
    assertThat(index.dirty()).isFalse();
    index.append(BASE + 2, 20);
    flush(index);
    assertThat(reloaded().entries()).isEqualTo(2);
  }

  @Test
  void shouldKeepItsEntriesWhenALateReadArrives() throws IOException {
    index.append(BASE + 1, 10);
    flush(index);
    long[] late = OffsetIndex.read(io, file, BASE, Long.MAX_VALUE, Long.MAX_VALUE);
    index.append(BASE + 2, 20);
    index.install(late);
    assertThat(index.entries()).isEqualTo(2);
  }

  @Test
  void shouldReportHalfAnEntry() throws IOException {
    Files.write(file, new byte[12]);
    assertThatThrownBy(this::reloaded)
        .isInstanceOf(CorruptIndexException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("12 bytes is not a multiple of 8");
  }

  @Test
  void shouldReportAPreallocatedTail() throws IOException {
    write(1, 10, 2, 20, 0, 0, 0, 0);
    assertThatThrownBy(this::reloaded).isInstanceOf(CorruptIndexException.class);
  }

  @Test
  void shouldReportOffsetsAndPositionsThatDoNotGrow() throws IOException {
    write(5, 10, 5, 20);
    assertThatThrownBy(this::reloaded).isInstanceOf(CorruptIndexException.class);
    write(5, 10, 6, 10);
    assertThatThrownBy(this::reloaded).isInstanceOf(CorruptIndexException.class);
    write(-5, 10);
    assertThatThrownBy(this::reloaded).isInstanceOf(CorruptIndexException.class);
  }

  @Test
  void shouldReportEntriesBeyondTheSegment() throws IOException {
    write(5, 10, 6, 20);
    assertThat(OffsetIndex.read(io, file, BASE, BASE + 7, 21)).hasSize(2);
    assertThatThrownBy(() -> OffsetIndex.read(io, file, BASE, BASE + 6, 21))
        .isInstanceOf(CorruptIndexException.class)
        .hasMessageContaining("5000000006 is not below the end 5000000006");
    assertThatThrownBy(() -> OffsetIndex.read(io, file, BASE, BASE + 7, 20))
        .isInstanceOf(CorruptIndexException.class)
        .hasMessageContaining("position 20 is beyond");
  }

  @Test
  void shouldSayWhenThereIsNoFile() {
    assertThatThrownBy(this::reloaded).isInstanceOf(NoSuchFileException.class);
  }
}
