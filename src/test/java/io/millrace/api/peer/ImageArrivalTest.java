package io.millrace.api.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.MovingImage;
import io.millrace.api.TestImage;
import io.vertx.core.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ImageArrivalTest {
  private static final long LONG_MS = 60_000;

  private final MovingImage images = new MovingImage(TestImage.ofOne().offset(10));
  private final ImageArrival arrival = new ImageArrival(images);

  private static void await(Future<Void> arrived) throws Exception {
    arrived.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void shouldWaitUntilTheImageHasTheOffset() throws Exception {
    Future<Void> arrived = arrival.reached(12, LONG_MS);
    images.publish(TestImage.ofOne().offset(11));
    boolean early = arrived.isComplete();

    images.publish(TestImage.ofOne().offset(12));

    assertThat(early).isFalse();
    await(arrived);
    assertThat(arrival.size()).isZero();
  }

  @Test
  void shouldWaitOnceForAnImageThatDoesNotMove() throws Exception {
    await(arrival.reached(12, 5));

    assertThat(arrival.reached(13, LONG_MS).succeeded()).isTrue();
    assertThat(arrival.size()).isZero();
  }

  @Test
  void shouldWaitAgainWhenTheImageMoves() throws Exception {
    await(arrival.reached(12, 5));
    images.publish(TestImage.ofOne().offset(12));

    Future<Void> arrived = arrival.reached(13, LONG_MS);

    assertThat(arrived.isComplete()).isFalse();
    images.publish(TestImage.ofOne().offset(13));
    await(arrived);
  }
}
