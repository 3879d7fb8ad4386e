package io.millrace.log;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * Which directory was found at a path. Whoever moves it away, or mounts another one over it, leaves
 * its open files writable, where no restart would find them.
 *
 * <p>Owner: immutable; its methods block, for workers.
 */
public final class OpenedDirectory {
  private final Path path;
  // Device and inode; null = this file system has no such thing, and any directory will do.
  private final Object key;

  private OpenedDirectory(Path path, Object key) {
    this.path = path;
    this.key = key;
  }

  /** Creates the directory if need be; fails with an IOException that says what is wrong. */
  public static void create(Path path) throws IOException {
    try {
      Files.createDirectories(path);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(path + " is not a directory", e);
    } catch (FileSystemException e) {
      String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
      throw new IOException(path + " cannot be created: " + reason, e);
    }
  }

  /** The directory that is at this path now. */
  public static OpenedDirectory of(Path path) throws IOException {
    return new OpenedDirectory(path, keyOf(path));
  }

  private static Object keyOf(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  /** Whether the logs in it are over; they are if it is not there any more. */
  boolean isOver(DiskHealth health) {
    if (health.failure() == null) {
      try {
        check();
      } catch (IOException e) {
        health.fail(e);
      }
    }
    return health.failure() != null;
  }

  /**
   * Fails, with what to do, when another directory is at the path now, or none.
   *
   * @throws IOException also when that cannot be found out
   */
  public void check() throws IOException {
    Object now;
    try {
      now = keyOf(path);
    } catch (NoSuchFileException e) {
      throw new IOException(
          path
              + " is gone: it was moved or removed while this node used it; put it back, and start"
              + " this node again",
          e);
    }
    if (!Objects.equals(now, key)) {
      throw new IOException(
          path
              + " is not the directory any more that this node opened: it was replaced, or"
              + " something was mounted over it; put the former back, and start this node again");
    }
  }
}
