package io.millrace.api.transactions;

import io.millrace.model.Loop;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * What goes to other nodes, gathered for a turn of the loop: one batch for each node and lane.
 *
 * <p>Owner: the loop that it is made with.
 *
 * @param <B> a batch that is filled
 */
final class NodeBatches<B> {
  /** A connection to a node: answers of one lane come in order. */
  record Route(int node, String lane) {}

  private final Loop loop;
  private final Supplier<B> empty;
  private final BiConsumer<Route, B> sender;
  // Invariant: what is in it is sent at the end of this turn.
  private final Map<Route, B> outgoing = new HashMap<>();

  /** Batches that begin empty and go to the sender on the loop. */
  NodeBatches(Loop loop, Supplier<B> empty, BiConsumer<Route, B> sender) {
    this.loop = loop;
    this.empty = empty;
    this.sender = sender;
  }

  /** The batch of this turn, to be added to. */
  B to(int node, String lane) {
    if (outgoing.isEmpty()) {
      loop.execute(this::flush);
    }
    return outgoing.computeIfAbsent(new Route(node, lane), any -> empty.get());
  }

  /** What the sender puts off goes with the next turn. */
  private void flush() {
    Map<Route, B> batches = new HashMap<>(outgoing);
    outgoing.clear();
    batches.forEach(sender);
  }
}
