package io.millrace.cluster.state;

import io.millrace.quorum.Formation;
import java.util.List;

/**
 * What a node does next on its way into a cluster.
 *
 * @param persist what to write; null = it waits
 * @param reasons for people: what it waits for, and what to do if that does not come by itself
 *     <p>Owner: immutable.
 */
record Step(Formation persist, List<String> reasons) {
  Step {
    reasons = List.copyOf(reasons);
  }

  static Step write(Formation formation) {
    return new Step(formation, List.of());
  }

  static Step waiting(String reason) {
    return new Step(null, List.of(reason));
  }

  static Step waiting(List<String> reasons) {
    return new Step(null, reasons);
  }
}
