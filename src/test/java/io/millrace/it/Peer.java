package io.millrace.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A client that is not Java: a program run to its end.
 *
 * <p>Owner: the test's thread.
 */
final class Peer {
  /** The system's own, for which packages of the system install their modules. */
  static final String PYTHON = "/usr/bin/python3";

  private static final int LIMIT_S = 60;

  private Peer() {}

  /** What a program printed on standard output. */
  record Output(List<String> command, int exit, String out, String err) {
    Output succeeded() {
      Assertions.assertThat(exit).as(this::toString).isZero();
      return this;
    }

    List<String> lines() {
      return out.lines().toList();
    }
  }

  /**
   * Skips the test when the program is missing. In CI it must be there: a peer that is quietly
   * skipped proves nothing.
   */
  static void require(String program) {
    requireInstalled(program, isOnPath(program));
  }

  /** Skips the test, though not in CI, when the file of an installation is missing. */
  static void require(String what, Path file) {
    requireInstalled(what, Files.exists(file));
  }

  /** Skips the test, though not in CI, when a module of the system's Python is missing. */
  static void requirePython(String module) {
    requireInstalled(
        "python's " + module,
        Files.isExecutable(Path.of(PYTHON))
            && run("", List.of(PYTHON, "-c", "import " + module)).exit() == 0);
  }

  private static void requireInstalled(String what, boolean installed) {
    if (!installed && System.getenv("CI") == null) {
      Assumptions.abort(what + " is not installed: run scripts/install-test-peers.sh");
    }
    Assertions.assertThat(installed).as(what + " is installed").isTrue();
  }

  private static boolean isOnPath(String program) {
    return List.of(System.getenv("PATH").split(":")).stream()
        .anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
  }

  static Output run(String input, List<String> command) {
    try {
      Process process = new ProcessBuilder(command).start();
      CompletableFuture<String> out = read(process.getInputStream());
      CompletableFuture<String> err = read(process.getErrorStream());
      try (OutputStream stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      }
      boolean ended = process.waitFor(LIMIT_S, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      Output output = new Output(command, process.exitValue(), out.join(), err.join());
      Assertions.assertThat(ended).as("ended within %d s: %s", LIMIT_S, output).isTrue();
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static CompletableFuture<String> read(InputStream in) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (in) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            in.transferTo(all);
            return all.toString(StandardCharsets.UTF_8);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> new Thread(task, "peer-output").start());
  }
}
