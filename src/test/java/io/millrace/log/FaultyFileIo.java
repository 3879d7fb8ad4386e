package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * The operating system's files with faults that a test switches on and off: failing operations, a
 * disk with little space, writes cut short, operations that hang until let go. It also notes every
 * operation in order.
 *
 * <p>Owner: any thread.
 */
final class FaultyFileIo implements FileIo {
  /** What can fail. */
  enum Operation {
    OPEN,
    WRITE,
    FORCE,
    SIZE,
    TRUNCATE,
    RENAME,
    DELETE,
    FSYNC_DIRECTORY,
    USABLE_SPACE
  }

  /** An operation as it was asked for, whether it succeeded or not. */
  record Call(Operation operation, Path path) {
    @Override
    public String toString() {
      return operation + " " + path.getFileName();
    }
  }

  /** An operation that hangs from the moment it is reached until it is let go. */
  static final class Hold {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    /** Waits until a thread hangs in the operation; fails after 10 s. */
    void awaitReached() throws InterruptedException {
      if (!reached.await(10, TimeUnit.SECONDS)) {
        throw new AssertionError("Nobody reached the held operation");
      }
    }

    void release() {
      released.countDown();
    }
  }

  private record Fault(
      Operation operation, Predicate<Path> file, IOException failure, int writeLimit, Hold hold) {}

  private static final long UNLIMITED = -1;

  private final Map<FileChannel, Path> paths = Collections.synchronizedMap(new WeakHashMap<>());
  private final List<Call> calls = new ArrayList<>();
  private final List<Fault> once = new ArrayList<>();
  private final List<Fault> lasting = new ArrayList<>();
  private long spaceLeft = UNLIMITED;

  static IOException diskFull() {
    return new IOException("No space left on device");
  }

  static IOException inputOutputError() {
    return new IOException("Input/output error");
  }

  /** All files. */
  static Predicate<Path> any() {
    return path -> true;
  }

  /** Files whose name ends so. */
  static Predicate<Path> endingWith(String suffix) {
    return path -> path.toString().endsWith(suffix);
  }

  /** The operation fails on these files until {@link #heal}. */
  synchronized void fail(Operation operation, Predicate<Path> file, IOException failure) {
    lasting.add(new Fault(operation, file, failure, 0, null));
  }

  /** The next such operation fails. */
  synchronized void failOnce(Operation operation, Predicate<Path> file, IOException failure) {
    once.add(new Fault(operation, file, failure, 0, null));
  }

  /** The next write writes only so many bytes and succeeds. */
  synchronized void shortWriteOnce(Predicate<Path> file, int bytes) {
    once.add(new Fault(Operation.WRITE, file, null, bytes, null));
  }

  /** The next such operation hangs until {@link Hold#release}, then runs. */
  synchronized Hold holdOnce(Operation operation, Predicate<Path> file) {
    Hold hold = new Hold();
    once.add(new Fault(operation, file, null, Integer.MAX_VALUE, hold));
    return hold;
  }

  /** From now on only so many bytes can be written: the last write is short, the next one fails. */
  synchronized void limitSpace(long bytes) {
    spaceLeft = bytes;
  }

  /** All faults and limits end. */
  synchronized void heal() {
    lasting.clear();
    once.clear();
    spaceLeft = UNLIMITED;
  }

  /** Everything that was asked for so far, in order. */
  synchronized List<Call> calls() {
    return List.copyOf(calls);
  }

  /** How often this was asked for on these files. */
  synchronized long count(Operation operation, Predicate<Path> file) {
    return calls.stream().filter(c -> c.operation == operation && file.test(c.path)).count();
  }

  /** Notes the call and acts out its fault; returns how many bytes a write may write. */
  private int enter(Operation operation, Path path) throws IOException {
    Fault fault = null;
    synchronized (this) {
      calls.add(new Call(operation, path));
      for (List<Fault> faults : List.of(once, lasting)) {
        for (Fault candidate : faults) {
          if (fault == null && candidate.operation == operation && candidate.file.test(path)) {
            fault = candidate;
          }
        }
      }
      once.remove(fault);
    }
    if (fault == null) {
      return Integer.MAX_VALUE;
    }
    if (fault.hold != null) {
      fault.hold.reached.countDown();
      awaitUninterruptibly(fault.hold.released);
    }
    if (fault.failure != null) {
      throw fault.failure;
    }
    return fault.writeLimit;
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Path pathOf(FileChannel channel) {
    return paths.getOrDefault(channel, Path.of("?"));
  }

  private synchronized int takeSpace(int wanted) throws IOException {
    if (spaceLeft == UNLIMITED) {
      return wanted;
    }
    if (spaceLeft == 0 && wanted > 0) {
      throw diskFull();
    }
    int granted = (int) Math.min(wanted, spaceLeft);
    spaceLeft -= granted;
    return granted;
  }

  @Override
  public FileChannel open(Path path, OpenOption... options) throws IOException {
    enter(Operation.OPEN, path);
    FileChannel channel = SystemFileIo.INSTANCE.open(path, options);
    paths.put(channel, path);
    return channel;
  }

  @Override
  public long write(FileChannel channel, ByteBuffer[] buffers, int from, int count)
      throws IOException {
    long remaining = 0;
    for (int i = from; i < from + count; i++) {
      remaining += buffers[i].remaining();
    }
    int limit = enter(Operation.WRITE, pathOf(channel));
    int granted = takeSpace((int) Math.min(limit, remaining));
    if (granted == remaining) {
      return SystemFileIo.INSTANCE.write(channel, buffers, from, count);
    }
    int written = 0;
    for (int i = from; i < from + count && written < granted; i++) {
      ByteBuffer buffer = buffers[i];
      int oldLimit = buffer.limit();
      buffer.limit(buffer.position() + Math.min(buffer.remaining(), granted - written));
      while (buffer.hasRemaining()) {
        written += channel.write(buffer);
      }
      buffer.limit(oldLimit);
    }
    return written;
  }

  @Override
  public int write(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
    int limit = enter(Operation.WRITE, pathOf(channel));
    int granted = takeSpace(Math.min(limit, buffer.remaining()));
    int oldLimit = buffer.limit();
    buffer.limit(buffer.position() + granted);
    try {
      return SystemFileIo.INSTANCE.write(channel, buffer, position);
    } finally {
      buffer.limit(oldLimit);
    }
  }

  @Override
  public void force(FileChannel channel, boolean metadata) throws IOException {
    enter(Operation.FORCE, pathOf(channel));
    SystemFileIo.INSTANCE.force(channel, metadata);
  }

  @Override
  public long size(FileChannel channel) throws IOException {
    enter(Operation.SIZE, pathOf(channel));
    return SystemFileIo.INSTANCE.size(channel);
  }

  @Override
  public void truncate(FileChannel channel, long size) throws IOException {
    enter(Operation.TRUNCATE, pathOf(channel));
    SystemFileIo.INSTANCE.truncate(channel, size);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    enter(Operation.RENAME, to);
    SystemFileIo.INSTANCE.rename(from, to);
  }

  @Override
  public boolean delete(Path path) throws IOException {
    enter(Operation.DELETE, path);
    return SystemFileIo.INSTANCE.delete(path);
  }

  @Override
  public void fsyncDirectory(Path directory) throws IOException {
    enter(Operation.FSYNC_DIRECTORY, directory);
    SystemFileIo.INSTANCE.fsyncDirectory(directory);
  }

  @Override
  public long usableSpace(Path directory) throws IOException {
    enter(Operation.USABLE_SPACE, directory);
    synchronized (this) {
      return spaceLeft == UNLIMITED ? SystemFileIo.INSTANCE.usableSpace(directory) : spaceLeft;
    }
  }
}
