package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the scrub finds damaged is taken from another replica. */
@SuppressWarnings("NonAtomicVolatileUpdate") // Only the test's thread moves the clock.
class ScrubRepairsTest extends ScrubFixture {
  @ParameterizedTest
  @ValueSource(ints = {0, 6, 7, 8, 10, 11, 13, 15, 16, 18, 22, 25, 30, 40, 50, 59, 61, 70, 90})
  void shouldRepairWhateverByteOfABatchIsFlipped(int byteOfBatch) throws IOException {
    write();
    Path file = segment(1);
    byte[] good = Files.readAllBytes(file);
    int first = RecordBatch.sizeInBytes(ByteBuffer.wrap(good), 0);
    flip(file, first + byteOfBatch);
    scrub();

    awaitRepaired();

    assertThat(Files.readAllBytes(file)).isEqualTo(good);
    assertThat(only().position()).isEqualTo(first);
    assertThat(only().length()).isEqualTo(first);
    assertThat(only().detail()).isEqualTo("node 7");
    assertThat(f.readAll(0, 1_000)).hasSize(RECORDS);
  }

  @Test
  void shouldRepairALostPieceOfTheDisk() throws IOException {
    write();
    Path file = segment(0);
    byte[] good = Files.readAllBytes(file);
    byte[] bad = good.clone();
    Arrays.fill(bad, 500, 1_700, (byte) 0);
    Files.write(file, bad, StandardOpenOption.WRITE);
    scrub();

    awaitRepaired();

    assertThat(Files.readAllBytes(file)).isEqualTo(good);
  }

  @Test
  void shouldTakeOneRangeAtATime() throws IOException {
    write();
    byte[] good = Files.readAllBytes(segment(0));
    int first = RecordBatch.sizeInBytes(ByteBuffer.wrap(good), 0);
    for (int batch = 0; batch < 8; batch++) {
      flip(segment(0), batch * 2 * first + 70);
    }
    scrub();

    awaitRepaired();

    assertThat(resources.bad().all()).hasSizeGreaterThan(4);
    assertThat(mostAsked).isEqualTo(1);
    assertThat(Files.readAllBytes(segment(0))).isEqualTo(good);
  }

  @Test
  void shouldAskNobodyForMoreThanFitsTheMemory() throws IOException {
    write();
    var found =
        new BadBatches.Found(
            f.log.id(),
            f.path.toString(),
            "00000000000000000000.log",
            0,
            ScrubRepairs.MOST_BYTES + 1,
            0,
            RECORDS,
            "a wrong CRC",
            f.clock.wallMs,
            BadBatches.State.BAD,
            null,
            -1);
    resources.onFound(found);
    ScrubRepairs repairs = new ScrubRepairs(resources, () -> f.clock.wallMs, Runnable::run);
    repairs.add(f.log, /* target= */ null, found);
    assertThat(repairs.busy()).isFalse();
    assertThat(only().detail()).contains("more than");
    assertThat(asked).hasValue(0);
  }

  @Test
  void shouldReportAndKeepWhatNobodyElseHas() throws IOException {
    write();
    otherIsGone = "no other replica is in sync";
    flip(segment(0), 80);
    byte[] bad = Files.readAllBytes(segment(0));
    scrub();

    f.loop.await(() -> resources.bad().count() == 1 && only().detail() != null);

    assertThat(only().detail()).isEqualTo("no other replica is in sync");
    assertThat(only().problem()).isEqualTo("a wrong CRC");
    assertThat(only().fromOffset()).isZero();
    assertThat(Files.readAllBytes(segment(0))).isEqualTo(bad);
  }

  @Test
  void shouldRepairLaterWhatCouldNotBeRepaired() throws IOException {
    write();
    otherIsGone = "no other replica is in sync";
    flip(segment(0), 80);
    scrub();
    f.loop.await(() -> resources.bad().count() == 1 && only().detail() != null);

    otherIsGone = null;
    // Its round is over when the log waits for its next turn.
    f.loop.await(
        () -> {
          f.clock.wallMs += INTERVAL_MS;
          return resources.bad().count() == 0;
        });

    assertThat(Files.readAllBytes(segment(0)))
        .isEqualTo(Files.readAllBytes(other.logPath().resolve(f.files(".log").get(0))));
  }

  @Test
  void shouldNotTakeWhatIsDamagedThereToo() throws IOException {
    write();
    flip(segment(0), 80);
    flip(other.logPath().resolve(f.files(".log").get(0)), 90);
    scrub();
    f.loop.await(() -> resources.bad().count() == 1 && only().detail() != null);
    assertThat(only().detail()).contains("damaged here too");
  }

  @Test
  void shouldNotRepairWhatIsNotCommitted() throws IOException {
    write();
    f.log.noteHighWatermark(0);
    flip(segment(0), 80);
    scrub();
    f.loop.await(() -> resources.bad().count() == 1 && only().detail() != null);
    assertThat(only().detail()).contains("committed");
  }
}
