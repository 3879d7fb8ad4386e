package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResidencyTest {
  private final Residency residency = new Residency(1_000);

  @Test
  void shouldTakeToBeInMemoryWhatWasWrittenLately() {
    long early = residency.getAsLong();
    residency.onWritten(900);
    assertThat(residency.covers(early)).isTrue();

    residency.onWritten(200);

    assertThat(residency.covers(early)).isFalse();
    assertThat(residency.covers(residency.getAsLong())).isTrue();
  }

  @Test
  void shouldNotKnowOfWhatWasThereBeforeTheProcess() {
    assertThat(residency.covers(0)).isFalse();
  }

  @Test
  void shouldDoubtAfterASlowReadWhatWasWrittenBefore() {
    residency.onWritten(100);
    long before = residency.getAsLong();

    residency.onSlowRead();

    assertThat(residency.covers(before)).isFalse();
    residency.onWritten(1);
    assertThat(residency.covers(residency.getAsLong())).isTrue();
  }

  @Test
  void shouldSendReadersToTheWorkerAfterOneThatWaitedForTheDisk(@TempDir Path dir) {
    try (LogFixture fixture = new LogFixture(dir)) {
      fixture.options = new LogDirectoryOptions(1, 100, 0, 50, 60_000, 5_000_000);
      fixture.config = LogConfig.defaults().with().segmentBytes(200).build();
      fixture.open();
      fixture.appendUpTo(20, "x");
      ReadResult first = fixture.log.read(0, 20, 1_000, true);
      assertThat(first).isInstanceOf(ReadResult.Data.class);
      FileSlice slice = ((ReadResult.Data) first).slice();

      slice.onSent(40_000_000);
      slice.release();

      ReadResult again = fixture.log.read(0, 20, 1_000, true);
      assertThat(again).isInstanceOf(ReadResult.Later.class);
      ReadResult warmed = fixture.loop.await(((ReadResult.Later) again).result());
      ((ReadResult.Data) warmed).slice().release();
      fixture.stop();
    }
  }
}
