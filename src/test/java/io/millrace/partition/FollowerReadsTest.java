package io.millrace.partition;

import static io.millrace.partition.FollowerFixture.EPOCH;
import static io.millrace.partition.FollowerFixture.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.LogConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Consumers that read from a follower (KIP-392): its log ends at 2, its leader has committed the
 * first record of it and, of what it has not got yet, one more.
 */
class FollowerReadsTest {
  @TempDir Path directory;
  private final List<FetchAnswer> answers = new ArrayList<>();
  private FollowerFixture fixture;

  @BeforeEach
  void follow() {
    fixture = new FollowerFixture(directory, LogConfig.defaults());
    fixture.follow(0);
    fixture.takeAndAwait(fixture.records(batch(0, EPOCH, 1), 0, 0));
    fixture.takeAndAwait(fixture.records(batch(1, EPOCH, 1), 1, 0));
  }

  @AfterEach
  void close() {
    answers.stream()
        .map(FetchAnswer::slice)
        .filter(slice -> slice != null)
        .forEach(slice -> slice.release());
    fixture.close();
  }

  private FetchAnswer read(long offset, int epoch, String rack) {
    fixture.follower.read(
        new FetchRead() {
          @Override
          protected void onRead(FetchAnswer answer) {
            answers.add(answer);
          }

          @Override
          protected void onFired(FetchAnswer answer) {
            answers.add(answer);
          }
        },
        new FetchAsk(offset, epoch, -1, 1_000, false, true, null, 1, rack, -1));
    return answers.get(answers.size() - 1);
  }

  @Test
  void shouldAnswerWhatIsCommitted() {
    FetchAnswer answer = read(0, EPOCH, "east");

    assertThat(answer.error()).isEqualTo(Errors.NONE);
    assertThat(answer.highWatermark()).isEqualTo(1);
    assertThat(answer.slice().length()).isEqualTo(batch(0, EPOCH, 1).remaining());
  }

  @Test
  void shouldLetAConsumerWaitForWhatIsNotKnownToBeCommitted() {
    FetchAnswer answer = read(1, EPOCH, "east");
    assertThat(answer.error()).isEqualTo(Errors.NONE);
    assertThat(answer.slice()).isNull();

    fixture.takeAndAwait(fixture.nothing(2, 0));

    assertThat(answers).hasSize(2);
    assertThat(answers.get(1).slice().length()).isEqualTo(batch(1, EPOCH, 1).remaining());
  }

  @Test
  void shouldSendAConsumerBackToTheLeaderWhoWantsWhatIsNotHere() {
    assertThat(read(3, EPOCH, "east").error()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
  }

  @Test
  void shouldFenceConsumersOfAnotherEpoch() {
    FetchAnswer old = read(0, EPOCH - 1, "east");

    assertThat(old.error()).isEqualTo(Errors.FENCED_LEADER_EPOCH);
    assertThat(old.leaderId()).isEqualTo(FollowerFixture.LEADER);
    assertThat(old.leaderEpoch()).isEqualTo(EPOCH);
    assertThat(read(0, EPOCH + 1, "east").error()).isEqualTo(Errors.UNKNOWN_LEADER_EPOCH);
  }

  @Test
  void shouldRefuseConsumersThatKnowLeadersOnly() {
    FetchAnswer answer = read(0, EPOCH, null);

    assertThat(answer.error()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    assertThat(answer.leaderId()).isEqualTo(FollowerFixture.LEADER);
  }

  @Test
  void shouldTellWhatItLacksOfWhatIsCommitted() {
    assertThat(fixture.follower.followerLag()).isZero();

    fixture.takeAndAwait(fixture.nothing(9, 0));

    assertThat(fixture.follower.followerLag()).isEqualTo(7);
  }
}
