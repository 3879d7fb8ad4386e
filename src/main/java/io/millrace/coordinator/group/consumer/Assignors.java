package io.millrace.coordinator.group.consumer;

import java.util.List;

/**
 * The assignors that there are.
 *
 * <p>Owner: immutable.
 */
public final class Assignors {
  private static final List<Assignor> ALL = List.of(new UniformAssignor(), new RangeAssignor());

  private Assignors() {}

  /** Their names, that of Kafka's default first. */
  public static List<String> names() {
    return ALL.stream().map(Assignor::name).toList();
  }

  /**
   * The assignor of a name.
   *
   * @throws IllegalArgumentException there is none
   */
  static Assignor find(String name) {
    return ALL.stream()
        .filter(assignor -> assignor.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("No assignor " + name));
  }
}
