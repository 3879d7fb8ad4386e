package io.millrace.api.fetch;

import io.millrace.api.RequestContext;
import io.millrace.model.Loop;
import io.millrace.partition.FetchAnswer;
import io.millrace.partition.FetchAsk;
import java.util.ArrayList;
import java.util.List;

/**
 * One hop of a fetch to one loop: reads the partitions that live there one after the other, until
 * the byte budget is spent, and hops back once.
 *
 * <p>Owner: connection loop while it is filled and after it came back; the partitions' loop in
 * between.
 */
final class FetchVisit implements Runnable {
  private final FetchCall call;
  private final Loop loop;
  private final List<FetchPartition> partitions = new ArrayList<>();
  private final List<FetchAnswer> answers = new ArrayList<>();
  private final boolean readCommitted;
  private final int wantBytes;
  private final boolean all;
  private int budget;
  // Invariant: the first so many answers were read with something left of the budget.
  private int fed;
  private boolean foundBytes;
  // Guards against deep recursion: a read that answers at once only marks this.
  private boolean inLoop;
  private boolean answered;

  /**
   * A visit to one loop.
   *
   * @param all whether partitions are read, for everything but bytes, even after the budget is
   *     spent
   */
  FetchVisit(
      FetchCall call, Loop loop, int budget, boolean readCommitted, int wantBytes, boolean all) {
    this.call = call;
    this.loop = loop;
    this.budget = budget;
    this.readCommitted = readCommitted;
    this.wantBytes = wantBytes;
    this.all = all;
  }

  Loop loop() {
    return loop;
  }

  void add(FetchPartition partition) {
    partitions.add(partition);
  }

  List<FetchPartition> partitions() {
    return partitions;
  }

  /**
   * Answers in the order of {@link #partitions}; fewer of them when the budget was spent before the
   * end.
   */
  List<FetchAnswer> answers() {
    return answers;
  }

  /**
   * How many partitions, from the first on, were read with a budget; the others have to be read
   * again.
   */
  int fed() {
    return fed;
  }

  /** On the partitions' loop. */
  @Override
  public void run() {
    RequestContext context = call.context();
    boolean timed = context.use().timesRequests() && loop != context.loop();
    long begun = timed ? System.nanoTime() : 0;
    visit();
    if (timed) {
      long nanos = System.nanoTime() - begun;
      context.loop().execute(() -> context.spent(nanos));
    }
  }

  private void visit() {
    inLoop = true;
    while (answers.size() < partitions.size() && (all || budget > 0 || !foundBytes)) {
      FetchPartition next = partitions.get(answers.size());
      answered = false;
      next.visit(this);
      // Once the budget is spent nothing more can be found, so waiting for news would mean waiting
      // behind old news.
      boolean fedNow = budget > 0 || !foundBytes;
      fed += fedNow ? 1 : 0;
      FetchAsk ask = next.ask(budget, readCommitted, !foundBytes, fedNow ? wantBytes : 0);
      next.partition().replica().read(next, ask);
      if (!answered) {
        inLoop = false;
        return;
      }
    }
    inLoop = false;
    call.context().loop().run(() -> call.onVisited(this));
  }

  void onRead(FetchPartition partition, FetchAnswer answer) {
    answers.add(answer);
    int size = answer.sizeInBytes();
    budget -= size;
    foundBytes |= size > 0;
    answered = true;
    if (!inLoop) {
      run();
    }
  }
}
