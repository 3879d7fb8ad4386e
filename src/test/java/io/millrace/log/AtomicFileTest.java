package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.FaultyFileIo.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AtomicFileTest {
  @TempDir Path directory;
  private Path file;
  private final FaultyFileIo io = new FaultyFileIo();

  @BeforeEach
  void writeOld() throws IOException {
    file = directory.resolve("checkpoint");
    Files.writeString(file, "the old content");
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void shouldMakeContentDurableBeforeItGetsItsName() throws IOException {
    AtomicFile.write(io, file, bytes("new"));
    assertThat(file).hasContent("new");
    assertThat(io.calls().stream().map(Object::toString))
        .containsExactly(
            "OPEN checkpoint.tmp",
            "WRITE checkpoint.tmp",
            "FORCE checkpoint.tmp",
            "RENAME checkpoint",
            "FSYNC_DIRECTORY " + directory.getFileName());
  }

  @Test
  void shouldCreateAFile() throws IOException {
    Path other = directory.resolve("other");
    AtomicFile.writeUnsynced(io, other, bytes("new"));
    assertThat(other).hasContent("new");
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"OPEN", "WRITE", "FORCE", "RENAME"})
  void shouldKeepTheOldContentWhenItFails(Operation operation) throws IOException {
    io.failOnce(operation, FaultyFileIo.any(), FaultyFileIo.inputOutputError());
    assertThatThrownBy(() -> AtomicFile.write(io, file, bytes("new")))
        .hasMessage("Input/output error");
    assertThat(file).hasContent("the old content");
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void shouldReportThatTheNameMayNotBeDurable() {
    io.failOnce(Operation.FSYNC_DIRECTORY, FaultyFileIo.any(), FaultyFileIo.inputOutputError());
    assertThatThrownBy(() -> AtomicFile.write(io, file, bytes("new")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void shouldOverwriteALeftover() throws IOException {
    Files.writeString(directory.resolve("checkpoint.tmp"), "a much longer torn leftover");
    AtomicFile.write(io, file, bytes("new"));
    assertThat(file).hasContent("new");
  }
}
