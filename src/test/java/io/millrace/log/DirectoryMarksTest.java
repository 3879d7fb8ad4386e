package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the small files of a log directory say of it. */
class DirectoryMarksTest {
  @TempDir Path path;

  private DirectoryMarks read() throws IOException {
    return DirectoryMarks.read(path, SystemFileIo.INSTANCE);
  }

  @Test
  void shouldNoteNoBootAfterTheDiskHasFailed() throws IOException {
    DirectoryMarks marks = read();
    marks.noteBoot("boot");
    marks.forgetBoot();

    marks.noteBoot("boot");

    assertThat(read().isWhole(Optional.of("boot"))).isFalse();
  }

  @Test
  void shouldSayHowTheLastProcessLeftTheDirectoryWhileThisOneUsesIt() throws IOException {
    read().onClosedInOrder(5);
    DirectoryMarks marks = read();

    marks.onOpening();

    assertThat(marks.clean()).isTrue();
    assertThat(marks.previousEpoch()).isEqualTo(OptionalLong.of(5));
    assertThat(read().clean()).isFalse();
  }
}
