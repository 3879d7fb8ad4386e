package io.millrace.config;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The node's settings as they are now: the static ones of the start with the dynamic broker configs
 * of the newest cluster image over them. For the few components that follow changes while running.
 *
 * <p>Owner: any thread reads; {@link #apply} is called by the one context that applies images.
 */
public final class LiveSettings implements Supplier<Settings> {
  private final List<Consumer<Settings>> listeners = new CopyOnWriteArrayList<>();
  private volatile Settings current;

  public LiveSettings(Settings atStart) {
    this.current = atStart;
  }

  /** One volatile read. */
  @Override
  public Settings get() {
    return current;
  }

  /**
   * Takes the committed dynamic broker configs and tells the listeners.
   *
   * @param allBrokers the default of all brokers
   * @param thisBroker those of this node
   */
  public void apply(Map<String, String> allBrokers, Map<String, String> thisBroker) {
    Settings changed = current.withDynamic(allBrokers, thisBroker);
    current = changed;
    listeners.forEach(listener -> listener.accept(changed));
  }

  /** Calls {@code listener} after each later change, on the applying context; it must not block. */
  public void subscribe(Consumer<Settings> listener) {
    listeners.add(listener);
  }
}
