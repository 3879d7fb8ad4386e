package io.millrace.it;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * A file system of a few megabytes, in a mount namespace of its own: it is gone with this object,
 * whatever becomes of the test. Only who may mount can have one.
 *
 * <p>Owner: the test's thread.
 */
final class SmallDisk implements AutoCloseable {
  private final Path mountPoint;
  private final Process holder;

  private SmallDisk(Path mountPoint, Process holder) {
    this.mountPoint = mountPoint;
    this.holder = holder;
  }

  /** Mounts a disk of so many MiB; skips the test where that is not allowed. */
  static SmallDisk mount(Path mountPoint, int mib) throws IOException {
    Files.createDirectories(mountPoint);
    String script = "mount -t tmpfs -o size=" + mib + "m tmpfs \"$1\" && echo mounted && exec cat";
    Process holder =
        new ProcessBuilder("unshare", "--mount", "sh", "-c", script, "sh", mountPoint.toString())
            .redirectErrorStream(true)
            .start();
    byte[] answer = new byte[7];
    int read = holder.getInputStream().readNBytes(answer, 0, answer.length);
    boolean mounted = new String(answer, 0, read, StandardCharsets.UTF_8).equals("mounted");
    if (!mounted) {
      holder.destroyForcibly();
    }
    Assumptions.assumeTrue(mounted, "no right to mount a file system");
    return new SmallDisk(mountPoint, holder);
  }

  /** Runs a command where the disk is mounted. */
  List<String> runner() {
    return List.of("nsenter", "--target", Long.toString(holder.pid()), "--mount");
  }

  /** The disk as processes elsewhere see it. */
  Path path() {
    return Path.of("/proc", Long.toString(holder.pid()), "root", mountPoint.toString());
  }

  /** Takes all the space that is left. */
  void fill() throws IOException {
    take(Long.MAX_VALUE);
  }

  /** Takes so many bytes, or what there is. */
  void take(long bytes) throws IOException {
    byte[] page = new byte[4096];
    try (OutputStream ballast =
        Files.newOutputStream(ballast(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (long taken = 0; taken < bytes; taken += page.length) {
        ballast.write(page);
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("No space left")) {
        throw e;
      }
    }
  }

  /** Gives all that was taken back. */
  void empty() throws IOException {
    Files.delete(ballast());
  }

  private Path ballast() {
    return path().resolve("ballast");
  }

  @Override
  public void close() {
    holder.destroyForcibly();
    Await.until("the disk is gone", Duration.ofSeconds(10), () -> !holder.isAlive());
  }
}
