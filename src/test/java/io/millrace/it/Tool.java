package io.millrace.it;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Exit;
import org.assertj.core.api.Assertions;

/**
 * Runs the {@code main} of one of Apache Kafka's command line tools, unchanged, in this JVM (a JVM
 * for each call would cost more than a second), with its exit caught and its streams kept.
 *
 * <p>Owner: the test's thread; one tool at a time, since the streams belong to the whole JVM.
 */
final class Tool {
  private Tool() {}

  /**
   * What a tool left behind.
   *
   * @param exit the exit code; 0 when main returned
   */
  record Result(String tool, List<String> args, int exit, String out, String err) {
    Result succeeded() {
      Assertions.assertThat(exit).as(this::toString).isZero();
      return this;
    }

    Result failed() {
      Assertions.assertThat(exit).as(this::toString).isNotZero();
      return this;
    }

    List<String> lines() {
      return out.lines().toList();
    }
  }

  static Result run(String mainClass, String... args) {
    return runWithInput("", mainClass, args);
  }

  static Result runWithInput(String input, String mainClass, String... args) {
    return runWithInput(input.getBytes(StandardCharsets.UTF_8), mainClass, args);
  }

  static synchronized Result runWithInput(byte[] input, String mainClass, String... args) {
    PrintStream stdout = System.out;
    PrintStream stderr = System.err;
    InputStream stdin = System.in;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int[] exit = {-1};
    Exit.Procedure trap =
        (code, message) -> {
          if (exit[0] < 0) {
            exit[0] = code;
          }
          throw new Exited();
        };
    Exit.setExitProcedure(trap);
    Exit.setHaltProcedure(trap);
    List<Runnable> hooks = new ArrayList<>();
    Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    System.setIn(new ByteArrayInputStream(input));
    try {
      try {
        Class.forName(mainClass).getMethod("main", String[].class).invoke(null, (Object) args);
      } finally {
        // Some tools flush and close their clients there only.
        hooks.forEach(Runnable::run);
      }
    } catch (InvocationTargetException e) {
      if (!(e.getCause() instanceof Exited)) {
        e.getCause().printStackTrace(System.err);
        exit[0] = 1;
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(mainClass, e);
    } finally {
      System.out.flush();
      System.err.flush();
      System.setOut(stdout);
      System.setErr(stderr);
      System.setIn(stdin);
      Exit.resetExitProcedure();
      Exit.resetHaltProcedure();
      Exit.resetShutdownHookAdder();
    }
    return new Result(
        mainClass,
        List.of(args),
        Math.max(0, exit[0]),
        out.toString(StandardCharsets.UTF_8),
        err.toString(StandardCharsets.UTF_8));
  }

  /** Unwinds the tool where it asked to end the JVM. */
  private static final class Exited extends RuntimeException {
    private static final long serialVersionUID = 1;

    Exited() {
      super("exit", null, false, false);
    }
  }
}
