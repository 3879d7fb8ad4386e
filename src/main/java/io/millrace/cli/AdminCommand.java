package io.millrace.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;

/**
 * A command that asks a cluster as its administrator.
 *
 * <p>Owner: the command's thread.
 */
public abstract class AdminCommand extends ClientCommand {
  /** What is done for one of several things. */
  @FunctionalInterface
  protected interface Step<T> {
    void take(T thing) throws InterruptedException, ExecutionException;
  }

  /** What is asked more than once. */
  @FunctionalInterface
  protected interface Question<T> {
    T ask() throws InterruptedException, ExecutionException;
  }

  private static final long ASK_AGAIN_MS = 100;

  protected AdminCommand(CliContext context) {
    super(context);
  }

  @Override
  public final Integer call() throws InterruptedException, ExecutionException {
    check();
    broker.checkReachable();
    try (Admin admin = context.clients().admin(broker.settings(Map.of()))) {
      run(admin);
    }
    return ExitCode.OK;
  }

  /** Refuses what makes no sense, before anybody is asked: see {@link #usage}. */
  protected void check() {}

  /** Does what the command is for; failing with what the broker answers is fine. */
  protected abstract void run(Admin admin) throws InterruptedException, ExecutionException;

  /**
   * Asks until the answer is as wanted, but not longer than {@code --timeout}, which bounds each
   * single answer too. It is the command's own thread that waits.
   *
   * @return the last answer, wanted or not
   */
  protected final <T> T askUntil(Predicate<T> wanted, Question<T> question)
      throws InterruptedException, ExecutionException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(broker.timeoutMs());
    T answer = question.ask();
    while (!wanted.test(answer) && System.nanoTime() - end < 0) {
      TimeUnit.MILLISECONDS.sleep(ASK_AGAIN_MS);
      answer = question.ask();
    }
    return answer;
  }

  /** Takes the step for each; what fails for one keeps no other from it. */
  protected static <T> List<CommandFailure> tryEach(Collection<T> things, Step<T> step)
      throws InterruptedException {
    List<CommandFailure> failures = new ArrayList<>();
    for (T thing : things) {
      try {
        step.take(thing);
      } catch (ExecutionException e) {
        failures.add(Failures.about(thing.toString(), e));
      }
    }
    return failures;
  }

  /**
   * Says of each what became of it, and fails in the end if one was not deleted.
   *
   * @param isMissing whether the answer means that it does not exist, and that this is no failure
   */
  protected final void reportDeleted(
      List<String> names, Map<String, KafkaFuture<Void>> answers, Predicate<Throwable> isMissing)
      throws InterruptedException {
    CommandFailure.throwFirst(
        tryEach(
            names,
            name -> {
              try {
                answers.get(name).get();
                println("Deleted " + name);
              } catch (ExecutionException e) {
                if (!isMissing.test(e.getCause())) {
                  throw e;
                }
                println("Does not exist: " + name);
              }
            }));
  }

  /** Writes things for programs, all of them as one list. */
  protected final <T> void printJson(Collection<T> things, Function<T, ?> json) {
    println(Json.pretty(things.stream().map(json).toList()));
  }
}
