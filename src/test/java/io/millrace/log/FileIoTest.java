package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.FaultyFileIo.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileIoTest {
  @TempDir Path directory;

  private final FaultyFileIo faulty = new FaultyFileIo();

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private FileChannel openNew(FileIo io, String name) throws IOException {
    return io.open(
        directory.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  @Test
  void shouldWriteMoreBuffersThanOneSystemCallTakes() throws IOException {
    ByteBuffer[] buffers =
        Collections.nCopies(3000, "ab").stream().map(FileIoTest::bytes).toArray(ByteBuffer[]::new);
    try (FileChannel channel = openNew(SystemFileIo.INSTANCE, "f")) {
      assertThat(SystemFileIo.INSTANCE.writeFully(channel, buffers, 0, buffers.length))
          .isEqualTo(6000);
      assertThat(SystemFileIo.INSTANCE.size(channel)).isEqualTo(6000);
    }
    assertThat(directory.resolve("f")).hasContent("ab".repeat(3000));
  }

  @Test
  void shouldWriteOnlyTheNamedBuffers() throws IOException {
    ByteBuffer[] buffers = {bytes("a"), bytes("b"), bytes("c"), bytes("d")};
    try (FileChannel channel = openNew(SystemFileIo.INSTANCE, "f")) {
      SystemFileIo.INSTANCE.writeFully(channel, buffers, 1, 2);
    }
    assertThat(directory.resolve("f")).hasContent("bc");
  }

  @Test
  void shouldContinueAfterAShortWrite() throws IOException {
    faulty.shortWriteOnce(FaultyFileIo.any(), 5);
    ByteBuffer[] buffers = {bytes("abc"), bytes("def"), bytes("ghi")};
    try (FileChannel channel = openNew(faulty, "f")) {
      assertThat(faulty.writeFully(channel, buffers, 0, 3)).isEqualTo(9);
      faulty.shortWriteOnce(FaultyFileIo.any(), 1);
      faulty.writeFully(channel, bytes("XYZ"), 3);
    }
    assertThat(directory.resolve("f")).hasContent("abcXYZghi");
    assertThat(faulty.count(Operation.WRITE, FaultyFileIo.any())).isEqualTo(4);
  }

  @Test
  void shouldRunOutOfSpaceInTheMiddleOfAWrite() throws IOException {
    faulty.limitSpace(4);
    try (FileChannel channel = openNew(faulty, "f")) {
      assertThatThrownBy(
              () -> faulty.writeFully(channel, new ByteBuffer[] {bytes("abcdefgh")}, 0, 1))
          .isInstanceOfSatisfying(
              IOException.class, e -> assertThat(faulty.outOfSpace(e, directory)).isTrue());
      assertThat(faulty.usableSpace(directory)).isZero();
      faulty.heal();
      faulty.truncate(channel, 0);
      faulty.writeFully(channel, new ByteBuffer[] {bytes("xyz")}, 0, 1);
    }
    assertThat(directory.resolve("f")).hasContent("xyz");
  }

  @Test
  void shouldTellAFullDiskFromABrokenOne() {
    assertThat(SystemFileIo.INSTANCE.outOfSpace(FaultyFileIo.diskFull(), directory)).isTrue();
    assertThat(SystemFileIo.INSTANCE.outOfSpace(FaultyFileIo.inputOutputError(), directory))
        .isFalse();
    assertThat(SystemFileIo.INSTANCE.outOfSpace(new IOException((String) null), directory))
        .isFalse();
  }

  @Test
  void shouldFailOnceAndThenWork() throws IOException {
    faulty.failOnce(
        Operation.FORCE, FaultyFileIo.endingWith(".log"), FaultyFileIo.inputOutputError());
    try (FileChannel log = openNew(faulty, "0.log");
        FileChannel index = openNew(faulty, "0.index")) {
      faulty.force(index, false);
      assertThatThrownBy(() -> faulty.force(log, false)).hasMessage("Input/output error");
      faulty.force(log, false);
    }
  }

  @Test
  void shouldHoldAnOperationUntilItIsLetGo() throws Exception {
    FaultyFileIo.Hold hold = faulty.holdOnce(Operation.FSYNC_DIRECTORY, FaultyFileIo.any());
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    Thread thread =
        new Thread(
            () -> {
              try {
                faulty.fsyncDirectory(directory);
                order.add("done");
              } catch (IOException e) {
                order.add("failed " + e);
              }
            });
    thread.start();
    hold.awaitReached();
    order.add("released");
    hold.release();
    thread.join(10_000);
    assertThat(order).containsExactly("released", "done");
  }

  @Test
  void shouldRenameOverAnExistingFile() throws IOException {
    Files.writeString(directory.resolve("old"), "old");
    Files.writeString(directory.resolve("new"), "new");
    SystemFileIo.INSTANCE.rename(directory.resolve("new"), directory.resolve("old"));
    SystemFileIo.INSTANCE.fsyncDirectory(directory);
    assertThat(directory.resolve("old")).hasContent("new");
    assertThat(SystemFileIo.INSTANCE.delete(directory.resolve("new"))).isFalse();
    assertThat(SystemFileIo.INSTANCE.delete(directory.resolve("old"))).isTrue();
  }

  @Test
  void shouldReportTheSpaceOfADirectory() throws IOException {
    assertThat(SystemFileIo.INSTANCE.usableSpace(directory)).isPositive();
    assertThatThrownBy(() -> SystemFileIo.INSTANCE.usableSpace(directory.resolve("absent")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
