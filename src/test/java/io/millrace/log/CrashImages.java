package io.millrace.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.WeakHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * The operating system's files, and before every operation that changes one an image of what a
 * crash would leave there: of the process (everything that was written), or of the machine (only
 * what was fsynced: content by files, names by directories).
 *
 * <p>Owner: any thread; operations are done one at a time, so that images are of one moment.
 */
final class CrashImages implements FileIo {
  /**
   * What is on the disk at one moment.
   *
   * @param files content by path below the root; null = a directory
   * @param acknowledged what the test had been promised by then
   */
  record Image(String before, Map<Path, byte[]> files, long acknowledged) {
    /** Writes it below another root. */
    void to(Path root) throws IOException {
      for (Map.Entry<Path, byte[]> file : files.entrySet()) {
        Path path = root.resolve(file.getKey().toString());
        if (file.getValue() == null) {
          Files.createDirectories(path);
        } else {
          Files.createDirectories(path.getParent());
          Files.write(path, file.getValue());
        }
      }
    }
  }

  private final Path root;
  private final LongSupplier acknowledged;
  private final boolean ofMachine;
  private final List<Image> images = new ArrayList<>();
  private final Map<FileChannel, Object> keys = Collections.synchronizedMap(new WeakHashMap<>());
  private final Map<Object, byte[]> durableContent = new HashMap<>();
  private final Map<Object, Map<String, Object>> durableNames = new HashMap<>();
  private boolean taking;

  /**
   * Of everything below {@code root}.
   *
   * @param ofMachine whether what was not fsynced is lost
   */
  CrashImages(Path root, boolean ofMachine, LongSupplier acknowledged) {
    this.root = root;
    this.ofMachine = ofMachine;
    this.acknowledged = acknowledged;
  }

  /** Takes what is there now for durable, and begins. */
  synchronized void begin() throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.toList()) {
        if (Files.isDirectory(path)) {
          noteNames(path);
        } else {
          durableContent.put(key(path), Files.readAllBytes(path));
        }
      }
    }
    taking = true;
  }

  synchronized List<Image> end() {
    taking = false;
    return List.copyOf(images);
  }

  private void before(String operation) {
    if (!taking) {
      return;
    }
    try {
      Map<Path, byte[]> files = new TreeMap<>();
      if (ofMachine) {
        durable(root, Path.of(""), files);
      } else {
        written(files);
      }
      images.add(new Image(operation, files, acknowledged.getAsLong()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void written(Map<Path, byte[]> files) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.toList()) {
        files.put(root.relativize(path), Files.isDirectory(path) ? null : Files.readAllBytes(path));
      }
    }
  }

  private void durable(Path directory, Path relative, Map<Path, byte[]> files) throws IOException {
    durable(key(directory), relative, files);
  }

  private void durable(Object directory, Path relative, Map<Path, byte[]> files) {
    files.put(relative, null);
    Map<String, Object> names = durableNames.getOrDefault(directory, Map.of());
    for (Map.Entry<String, Object> name : names.entrySet()) {
      Path path = relative.resolve(name.getKey());
      if (durableContent.containsKey(name.getValue())) {
        files.put(path, durableContent.get(name.getValue()));
      } else if (name.getKey().matches(".*(-[0-9]+|-future|-moved|-delete|a|b)$")) {
        durable(name.getValue(), path, files);
      } else {
        files.put(path, new byte[0]);
      }
    }
  }

  private static Object key(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  private void noteNames(Path directory) throws IOException {
    Map<String, Object> names = new HashMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        names.put(file.getFileName().toString(), key(file));
      }
    }
    durableNames.put(key(directory), names);
  }

  @Override
  public synchronized FileChannel open(Path path, OpenOption... options) throws IOException {
    before("open " + path);
    boolean isNew = !Files.exists(path);
    FileChannel channel = SystemFileIo.INSTANCE.open(path, options);
    Object key = key(path);
    keys.put(channel, key);
    if (isNew) {
      durableContent.remove(key);
    }
    return channel;
  }

  @Override
  public synchronized long write(FileChannel channel, ByteBuffer[] buffers, int from, int count)
      throws IOException {
    before("write");
    return SystemFileIo.INSTANCE.write(channel, buffers, from, count);
  }

  @Override
  public synchronized int write(FileChannel channel, ByteBuffer buffer, long position)
      throws IOException {
    before("write");
    return SystemFileIo.INSTANCE.write(channel, buffer, position);
  }

  @Override
  public synchronized void force(FileChannel channel, boolean metadata) throws IOException {
    before("force");
    // Not the real thing: it would only take time.
    Object key = keys.get(channel);
    if (taking && key != null) {
      durableContent.put(key, content(key));
    }
  }

  /** The channel may be one that only writes: the file is read by the name that it has now. */
  private byte[] content(Object key) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.toList()) {
        if (Files.isRegularFile(path) && key.equals(key(path))) {
          return Files.readAllBytes(path);
        }
      }
    }
    throw new NoSuchFileException("with key " + key);
  }

  @Override
  public long size(FileChannel channel) throws IOException {
    return SystemFileIo.INSTANCE.size(channel);
  }

  @Override
  public synchronized void truncate(FileChannel channel, long size) throws IOException {
    before("truncate");
    SystemFileIo.INSTANCE.truncate(channel, size);
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    before("rename " + from + " to " + to);
    SystemFileIo.INSTANCE.rename(from, to);
  }

  @Override
  public synchronized boolean delete(Path path) throws IOException {
    before("delete " + path);
    return SystemFileIo.INSTANCE.delete(path);
  }

  @Override
  public synchronized void fsyncDirectory(Path directory) throws IOException {
    before("fsync " + directory);
    if (taking) {
      noteNames(directory);
    }
  }

  @Override
  public long usableSpace(Path directory) throws IOException {
    return SystemFileIo.INSTANCE.usableSpace(directory);
  }
}
