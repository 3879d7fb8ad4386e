package io.millrace.api;

import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.ImagePublisher;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * A node's image that stays as it is until the test moves it on.
 *
 * <p>Owner: any thread.
 */
public final class MovingImage implements ImagePublisher {
  private final List<Consumer<ImageDelta>> listeners = new CopyOnWriteArrayList<>();
  private volatile ClusterImage image;

  public MovingImage(ClusterImage first) {
    image = first;
  }

  @Override
  public ClusterImage image() {
    return image;
  }

  @Override
  public void subscribe(Consumer<ImageDelta> listener) {
    listeners.add(listener);
  }

  @Override
  public void unsubscribe(Consumer<ImageDelta> listener) {
    listeners.remove(listener);
  }

  public void publish(ClusterImage next) {
    ImageDelta delta = new ImageDelta(image, next, Map.of(), Map.of(), Set.of(), Set.of());
    image = next;
    listeners.forEach(listener -> listener.accept(delta));
  }
}
