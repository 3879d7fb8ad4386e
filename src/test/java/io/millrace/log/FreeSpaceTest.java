package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreeSpaceTest {
  private static final LogDirectoryOptions OPTIONS =
      new LogDirectoryOptions(1, 10, 1_000, 50, 60_000, Long.MAX_VALUE);

  @TempDir Path path;
  private final FaultyFileIo io = new FaultyFileIo();

  @Test
  void shouldBeLowUntilThereIsEnoughAgain() {
    FreeSpace space = new FreeSpace(path, OPTIONS, io, /* worker= */ null);
    io.limitSpace(999);
    space.look();
    assertThat(space.low()).isTrue();
    io.heal();
    space.look();
    assertThat(space.low()).isFalse();
  }

  @Test
  void shouldBelieveTheDiskRatherThanALookThatBeganBefore() throws Exception {
    FreeSpace space = new FreeSpace(path, OPTIONS, io, /* worker= */ null);
    FaultyFileIo.Hold asking = io.holdOnce(FaultyFileIo.Operation.USABLE_SPACE, FaultyFileIo.any());
    Thread looking = new Thread(space::look);
    looking.start();
    asking.awaitReached();
    space.onOutOfSpace(FaultyFileIo.diskFull());
    asking.release();
    looking.join();
    assertThat(space.low()).isTrue();
  }
}
