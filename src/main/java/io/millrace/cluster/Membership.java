package io.millrace.cluster;

import io.vertx.core.Future;
import java.util.List;
import java.util.function.Consumer;

/**
 * Who is there. It finds the other nodes, notices those that are gone, and decides nothing: what it
 * says can be late, and different on two sides of a cut.
 *
 * <p>Owner: any thread.
 */
public interface Membership {
  /** This node; its {@code memberUuid} changes when the membership starts again. */
  Member self();

  /**
   * The members that this node sees, itself included, the oldest first; all nodes that see the same
   * members see them in the same order. While the membership starts again it is the last view.
   */
  List<Member> members();

  /**
   * Calls the subscriber for every member that is there now (as joined, the oldest first) and for
   * every change from then on: in order, one at a time, on the context given at the start. A member
   * that comes back is another one: it left and joined. The subscriber must not block.
   */
  void subscribe(Consumer<MembershipChange> subscriber);

  /** Who was not let in lately, and why, for people. */
  List<String> refusals();

  /** What nodes tell about themselves. */
  LiveMaps live();

  /** Leaves in good order. Nothing is announced afterwards. Calling it again does nothing. */
  Future<Void> close();
}
