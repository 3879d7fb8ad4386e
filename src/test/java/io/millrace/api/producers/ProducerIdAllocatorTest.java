package io.millrace.api.producers;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.InlineLoop;
import io.millrace.controller.Controller.ProducerIdBlock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class ProducerIdAllocatorTest {
  private final FakeController controller = new FakeController();
  private final Deque<Promise<ProducerIdBlock>> asked = new ArrayDeque<>();
  private final ProducerIdAllocator allocator =
      new ProducerIdAllocator(new InlineLoop(), controller);

  ProducerIdAllocatorTest() {
    controller.blocks =
        () -> {
          Promise<ProducerIdBlock> promise = Promise.promise();
          asked.add(promise);
          return promise.future();
        };
  }

  private void grant(long first, int count) {
    asked.remove().complete(new ProducerIdBlock(first, count));
  }

  @Test
  void shouldLetTheFirstOnesWaitForABlock() {
    Future<Long> first = allocator.next();
    Future<Long> second = allocator.next();
    assertThat(first.isComplete()).isFalse();
    assertThat(asked).hasSize(1);
    grant(1000, 10);
    assertThat(List.of(first.result(), second.result())).containsExactly(1000L, 1001L);
  }

  @Test
  void shouldFetchTheNextBlockBeforeThePresentOneEnds() {
    List<Future<Long>> ids = new ArrayList<>();
    ids.add(allocator.next());
    grant(0, 4);
    ids.add(allocator.next());
    assertThat(asked).as("asked at half of the block").hasSize(1);
    grant(100, 4);
    for (int i = 0; i < 4; i++) {
      ids.add(allocator.next());
    }
    assertThat(ids.stream().map(Future::result)).containsExactly(0L, 1L, 2L, 3L, 100L, 101L);
  }

  @Test
  void shouldNeverGiveAnIdTwice() {
    controller.blocks =
        new Supplier<>() {
          private long next;

          @Override
          public Future<ProducerIdBlock> get() {
            next += 7;
            return Future.succeededFuture(new ProducerIdBlock(next, 7));
          }
        };
    assertThat(LongStream.range(0, 100).map(i -> allocator.next().result()).distinct().count())
        .isEqualTo(100);
  }

  @Test
  void shouldTellAllWhoWaitOfAFailureAndTryAgainForTheNext() {
    Future<Long> first = allocator.next();
    Future<Long> second = allocator.next();
    asked.remove().fail(Errors.NOT_CONTROLLER.exception());
    assertThat(first.failed()).isTrue();
    assertThat(second.failed()).isTrue();
    Future<Long> third = allocator.next();
    grant(5, 2);
    assertThat(third.result()).isEqualTo(5L);
  }

  @Test
  void shouldGoOnWithThePresentBlockWhenTheNextOneFails() {
    allocator.next();
    grant(0, 4);
    allocator.next();
    asked.remove().fail(Errors.NOT_CONTROLLER.exception());
    assertThat(allocator.next().result()).isEqualTo(2L);
  }

  @Test
  void shouldServeSomebodyWhoAsksAgainFromTheAnswer() {
    List<Long> ids = new ArrayList<>();
    allocator
        .next()
        .onSuccess(
            id -> {
              ids.add(id);
              allocator.next().onSuccess(ids::add);
            });
    allocator.next().onSuccess(ids::add);
    grant(0, 10);
    assertThat(ids).containsExactlyInAnyOrder(0L, 1L, 2L);
  }
}
