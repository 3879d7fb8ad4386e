package io.millrace.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.state.Decision;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.QuorumException;
import io.millrace.quorum.StubQuorum;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CommandQueueTest {
  private static final List<MetadataRecord> RECORDS = List.of(MetadataRecord.NoOp.INSTANCE);

  private final Vertx vertx = Vertx.vertx();
  private final Promise<Long> read = Promise.promise();
  private final Promise<Long> proposed = Promise.promise();
  private final CommandQueue queue = new CommandQueue(why -> {});

  CommandQueueTest() {
    StubQuorum quorum =
        new StubQuorum() {
          @Override
          public Future<Long> propose(int lead, long baseOffset, List<MetadataRecord> records) {
            return proposed.future();
          }

          @Override
          public Future<Long> readIndex() {
            return read.future();
          }
        };
    queue.open(quorum, vertx.getOrCreateContext());
    queue.begin(1, MetadataImage.EMPTY);
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private Future<Void> command(List<MetadataRecord> records) {
    Promise<Void> promise = Promise.promise();
    queue.decide(image -> new Decision<>(records, null), promise, /* confirmed= */ true);
    return promise.future();
  }

  @Test
  void shouldTurnAwayCommandsWhenTooManyWaitForAMajority() {
    for (int i = 0; i < CommandQueue.MAX_UNDER_WAY; i++) {
      assertThat(command(List.of()).isComplete()).isFalse();
    }

    assertThat(command(List.of()).cause())
        .isInstanceOfSatisfying(
            QuorumException.class,
            why -> assertThat(why.error()).isEqualTo(Errors.THROTTLING_QUOTA_EXCEEDED));
  }

  @Test
  void shouldGoOnAfterADutyThatFails() {
    queue.perform(
        image -> {
          throw new IllegalStateException("a bug");
        });
    queue.perform(image -> RECORDS);

    assertThat(queue.size()).isEqualTo(1);
  }

  @Test
  void shouldHaveSettledEverythingWhenACommandCompletes() throws Exception {
    MetadataImage after = new ImageBuilder(MetadataImage.EMPTY).apply(0, RECORDS).build().image();
    Future<Integer> left = command(RECORDS).map(done -> queue.size());
    queue.onApplied(after);

    proposed.complete(0L);

    assertThat(await(left)).isZero();
  }
}
