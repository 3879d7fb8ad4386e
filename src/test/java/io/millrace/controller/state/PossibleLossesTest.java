package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PossibleLossesTest {
  private static TestImage image(boolean... losses) {
    return new TestImage()
        .topic(
            "orders",
            IntStream.range(0, losses.length)
                .mapToObj(i -> partition(i, losses[i]))
                .toArray(PartitionImage[]::new));
  }

  private static PartitionImage partition(int index, boolean loss) {
    return new PartitionImage(index, List.of(1), List.of(1), List.of(), 1, 3, 5, loss);
  }

  private static Optional<String> warning(TestImage before, TestImage after) {
    TopicImage changed = after.topic("orders");
    return PossibleLosses.warning(
        new ImageDelta(before, after, Map.of(changed.id(), changed), Map.of(), Set.of(), Set.of()));
  }

  @Test
  void shouldNameThePartitionsThatWereMarked() {
    assertThat(warning(image(false, true, false), image(true, true, false)).orElseThrow())
        .startsWith("Acknowledged records may be lost in 1 partition: orders-0. No replica");
  }

  @Test
  void shouldSayNothingWhileNothingIsNew() {
    assertThat(warning(image(true, false), image(true, false))).isEmpty();
  }

  @Test
  void shouldNameTopicsOfUsersFirst() {
    TopicImage internal = new TestImage().topic("__x", partition(0, true)).topic("__x");
    TopicImage users = image(true).topic("orders");

    assertThat(
            PossibleLosses.warning(
                    new ImageDelta(
                        new TestImage(),
                        new TestImage(),
                        Map.of(internal.id(), internal, users.id(), users),
                        Map.of(),
                        Set.of(),
                        Set.of()))
                .orElseThrow())
        .contains(": orders-0, __x-0. ");
  }

  @Test
  void shouldNameTenAndCountTheOthers() {
    boolean[] all = {true, true, true, true, true, true, true, true, true, true, true, true};

    assertThat(warning(image(), image(all)).orElseThrow())
        .contains("in 12 partitions: orders-0, orders-1, orders-10, ", "orders-7 and 2 more. ")
        .doesNotContain("orders-8");
  }
}
