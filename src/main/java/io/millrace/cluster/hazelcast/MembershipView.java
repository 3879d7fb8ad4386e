package io.millrace.cluster.hazelcast;

import io.millrace.cluster.Member;
import io.millrace.cluster.MembershipChange;
import io.millrace.cluster.state.MembershipDiff;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The members as this node sees them, and those who want to know of changes.
 *
 * <p>Owner: the context; what is read is an immutable snapshot.
 */
final class MembershipView {
  private static final Logger LOG = LoggerFactory.getLogger(MembershipView.class);

  private final Context context;
  private final List<Consumer<MembershipChange>> subscribers = new ArrayList<>();
  private volatile List<Member> members = List.of();
  private volatile boolean closed;

  MembershipView(Context context) {
    this.context = context;
  }

  List<Member> members() {
    return members;
  }

  void subscribe(Consumer<MembershipChange> subscriber) {
    context.runOnContext(
        any -> {
          if (!closed) {
            subscribers.add(subscriber);
            MembershipDiff.between(List.of(), members).forEach(change -> tell(subscriber, change));
          }
        });
  }

  /** From any thread; views are shown in the order of the calls. */
  Future<Void> show(List<Member> now) {
    Promise<Void> shown = Promise.promise();
    context.runOnContext(
        any -> {
          if (!closed) {
            change(now);
          }
          shown.complete();
        });
    return shown.future();
  }

  private void change(List<Member> now) {
    List<MembershipChange> changes = MembershipDiff.between(members, now);
    members = List.copyOf(now);
    for (MembershipChange change : changes) {
      log(change);
      subscribers.forEach(subscriber -> tell(subscriber, change));
    }
  }

  private static void log(MembershipChange change) {
    LOG.info(
        "Node {} at {} {}; members, the oldest first: {}",
        change.member().nodeId(),
        change.member().internalAddress(),
        change instanceof MembershipChange.Joined ? "joined" : "left",
        change.members().stream().map(member -> Integer.toString(member.nodeId())).toList());
  }

  private static void tell(Consumer<MembershipChange> subscriber, MembershipChange change) {
    try {
      subscriber.accept(change);
    } catch (RuntimeException e) {
      LOG.error("A subscriber of the membership failed at {}", change, e);
    }
  }

  /** Nothing is shown or announced any more. */
  void close() {
    closed = true;
  }
}
