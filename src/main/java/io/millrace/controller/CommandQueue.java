package io.millrace.controller;

import io.millrace.controller.state.Decision;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataCodec;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.Quorum;
import io.millrace.quorum.QuorumException;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commands of a lead, from their decision to their commit. Each is decided upon the image as it
 * will be when all before it are committed. One that changes nothing waits for those before it, or,
 * when there are none, until a majority confirms that this node leads.
 *
 * <p>Owner: controller context.
 */
final class CommandQueue {
  /** So many commands wait for their commit, or for a majority; further ones are turned away. */
  static final int MAX_UNDER_WAY = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(CommandQueue.class);
  private static final int NO_LEAD = -1;

  private record Command<T>(long lastOffset, T reply, Promise<T> promise) {
    void complete() {
      promise.complete(reply);
    }
  }

  private final ArrayDeque<Command<?>> underWay = new ArrayDeque<>();

  /** Told when a proposal failed and the lead so is over. */
  private final Consumer<QuorumException> onFailed;

  private Context home;
  private Quorum quorum;
  private int lead = NO_LEAD;

  /**
   * The published image with every decision under way. Invariant: a decision lies in the log at the
   * offsets that it has here; the quorum refuses it otherwise.
   */
  private MetadataImage pending = MetadataImage.EMPTY;

  /** The published image. */
  private MetadataImage applied = MetadataImage.EMPTY;

  /**
   * Offset (inclusive) up to which the decisions of this lead are committed, by the quorum's answer
   * to their proposals. That the image has got there says less: where a proposal was refused, a
   * change of the voters is what lies at its offsets.
   */
  private long committed = -1;

  private QuorumException whyNotLeading =
      new QuorumException(Errors.NOT_CONTROLLER, "The controller has not started yet");

  /** Commands that wait until a majority confirms that this node leads. */
  private int confirming;

  // Written by the owner, read by whoever counts.
  private volatile int size;

  CommandQueue(Consumer<QuorumException> onFailed) {
    this.onFailed = onFailed;
  }

  /** The quorum is open; commands come on {@code context}. */
  void open(Quorum opened, Context context) {
    quorum = opened;
    home = context;
    if (lead == NO_LEAD) {
      whyNotLeading =
          new QuorumException(Errors.NOT_CONTROLLER, "This node is not the active controller");
    }
  }

  /** A lead of this node begins, with this image. */
  void begin(int newLead, MetadataImage image) {
    lead = newLead;
    pending = image;
    applied = image;
    committed = image.offset();
  }

  /** The lead is over: what is under way fails. */
  void end(QuorumException why) {
    lead = NO_LEAD;
    whyNotLeading = why;
    List<Command<?>> failed = new ArrayList<>(underWay);
    underWay.clear();
    size = 0;
    failed.forEach(command -> command.promise().fail(why));
  }

  /** Whether commands are decided: this node leads and its quorum is open. */
  boolean isOpen() {
    return lead != NO_LEAD && quorum != null;
  }

  boolean isLeading() {
    return lead != NO_LEAD;
  }

  MetadataImage pending() {
    return pending;
  }

  /** Commands that wait for their commit; from any thread. */
  int size() {
    return size;
  }

  QuorumException whyNotLeading() {
    return whyNotLeading;
  }

  /**
   * Decides, and completes when that is committed.
   *
   * @param confirmed whether a reply without records must be what the cluster's one controller says
   */
  <T> void decide(
      Function<MetadataImage, Decision<T>> command, Promise<T> promise, boolean confirmed) {
    if (!isOpen()) {
      promise.fail(whyNotLeading);
      return;
    }
    if (isFull()) {
      promise.fail(
          new QuorumException(
              Errors.THROTTLING_QUOTA_EXCEEDED,
              MAX_UNDER_WAY + " commands wait for a majority of the voters; try again later"));
      return;
    }
    Decision<T> decision;
    long baseOffset = pending.offset() + 1;
    try {
      decision = command.apply(pending);
      long bytes = MetadataCodec.size(decision.records());
      if (bytes > Quorum.MAX_GROUP_BYTES) {
        promise.fail(tooLarge(decision.records().size(), bytes));
        return;
      }
      if (!decision.records().isEmpty()) {
        pending = new ImageBuilder(pending).apply(baseOffset, decision.records()).build().image();
      }
    } catch (RuntimeException bug) {
      LOG.error("A command to the controller failed", bug);
      promise.fail(bug);
      return;
    }
    Command<T> decided = new Command<>(pending.offset(), decision.reply(), promise);
    if (!decision.records().isEmpty()) {
      add(decided);
      int inLead = lead;
      quorum
          .propose(inLead, baseOffset, decision.records())
          .onComplete(answer -> home.runOnContext(ignored -> onProposalAnswered(inLead, answer)));
    } else if (!underWay.isEmpty()) {
      add(decided);
    } else if (confirmed) {
      confirm(decided);
    } else {
      decided.complete();
    }
  }

  private boolean isFull() {
    return underWay.size() + confirming >= MAX_UNDER_WAY;
  }

  private static QuorumException tooLarge(int records, long bytes) {
    String message =
        "This makes "
            + records
            + " changes of the metadata with "
            + bytes
            + " bytes, which have to be made together, and at most "
            + Quorum.MAX_GROUP_BYTES
            + " bytes can be; make them in several requests";
    LOG.warn("A command to the controller is refused: {}", message);
    return new QuorumException(Errors.POLICY_VIOLATION, message);
  }

  /** Commits what is to be done, if anything is; nobody waits for it. */
  void perform(Function<MetadataImage, List<MetadataRecord>> duty) {
    if (isOpen() && !isFull()) {
      List<MetadataRecord> records;
      try {
        records = duty.apply(pending);
      } catch (RuntimeException bug) {
        LOG.error("A duty of the controller failed", bug); // The others are done all the same.
        return;
      }
      if (!records.isEmpty()) {
        decide(image -> new Decision<>(records, null), Promise.promise(), /* confirmed= */ false);
      }
    }
  }

  private void add(Command<?> decided) {
    underWay.add(decided);
    size = underWay.size();
  }

  private void confirm(Command<?> decided) {
    int inLead = lead;
    confirming++;
    quorum
        .readIndex()
        .onComplete(
            asked ->
                home.runOnContext(
                    ignored -> {
                      confirming--;
                      if (asked.failed()) {
                        decided.promise().fail(asQuorumException(asked.cause()));
                      } else if (inLead != lead) {
                        decided.promise().fail(whyNotLeading);
                      } else {
                        decided.complete();
                      }
                    }));
  }

  private void onProposalAnswered(int inLead, AsyncResult<Long> lastOffset) {
    if (inLead != lead) {
      return; // What waited in that lead has failed.
    }
    if (lastOffset.failed()) {
      onFailed.accept(asQuorumException(lastOffset.cause()));
    } else {
      committed = lastOffset.result();
      completeCommitted();
    }
  }

  private static QuorumException asQuorumException(Throwable why) {
    return why instanceof QuorumException known
        ? known
        : new QuorumException(Errors.UNKNOWN_SERVER_ERROR, why.toString(), why);
  }

  /** Everything in this image is committed, and it is published. */
  void onApplied(MetadataImage image) {
    applied = image;
    completeCommitted();
  }

  private void completeCommitted() {
    long end = Math.min(committed, applied.offset());
    List<Command<?>> done = new ArrayList<>();
    while (!underWay.isEmpty() && underWay.peek().lastOffset() <= end) {
      done.add(underWay.poll());
    }
    size = underWay.size();
    if (underWay.isEmpty()) {
      // The quorum's own records (who votes) are in it, too.
      pending = applied;
    }
    done.forEach(Command::complete); // Last: whoever hears of it finds everything settled.
  }
}
