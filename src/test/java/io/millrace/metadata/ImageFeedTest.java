package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ImageFeedTest {
  private final ImageFeed feed = new ImageFeed();
  private final List<ImageDelta> told = new ArrayList<>();
  private boolean fails;

  private void take(ImageDelta delta) {
    if (fails) {
      throw new IllegalStateException("cannot");
    }
    told.add(delta);
  }

  private void publish(long offset, MetadataRecord record) {
    feed.publish(new ImageBuilder(feed.image()).apply(offset, List.of(record)).build());
  }

  private static MetadataRecord config(String topic, String value) {
    return new MetadataRecord.Config(ConfigResource.topic(topic), "retention.ms", value);
  }

  @Test
  void shouldTellAListenerThatThrewOfEverythingWithTheNextChange() {
    List<ImageDelta> ofOther = new ArrayList<>();
    feed.subscribe(this::take);
    feed.subscribe(ofOther::add);
    publish(0, config("a", "1"));
    fails = true;
    assertThatThrownBy(() -> publish(1, config("b", "1"))).hasMessage("cannot");
    fails = false;

    publish(2, config("c", "1"));

    assertThat(told).hasSize(2);
    assertThat(told.get(1).changedConfigs())
        .containsExactlyInAnyOrder(ConfigResource.topic("b"), ConfigResource.topic("c"));
    assertThat(told.get(1).before()).isSameAs(told.get(0).after());
    assertThat(told.get(1).after()).isSameAs(feed.image());
    assertThat(ofOther).hasSize(3);
  }

  @Test
  void shouldTellListenersAfterTheImageIsVisible() {
    List<ClusterImage> seen = new ArrayList<>();
    feed.subscribe(delta -> seen.add(feed.image()));
    ImageBuilder.Derived next =
        TestImages.derive(MetadataImage.EMPTY, new MetadataRecord.ClusterId("c"));
    feed.publish(next);
    assertThat(seen).containsExactly(next.image());
  }

  @Test
  void shouldTellTheOtherListenersWhenOneFails() {
    List<ImageDelta> seen = new ArrayList<>();
    feed.subscribe(
        delta -> {
          throw new IllegalArgumentException("listener");
        });
    feed.subscribe(seen::add);
    assertThatThrownBy(
            () ->
                feed.publish(
                    TestImages.derive(MetadataImage.EMPTY, new MetadataRecord.ClusterId("c"))))
        .hasMessage("listener");
    assertThat(seen).hasSize(1);
  }

  @Test
  void shouldTellNobodyWhoHasUnsubscribed() {
    Consumer<ImageDelta> listener = this::take;
    feed.subscribe(listener);
    feed.unsubscribe(listener);

    publish(0, config("a", "1"));

    assertThat(told).isEmpty();
  }
}
