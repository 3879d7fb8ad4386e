package io.millrace.quorum;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads snapshots piece by piece for those who are sent them. A snapshot stays open, and so
 * readable, although a newer one takes its place meanwhile; at most {@value #MAX_OPEN} are.
 *
 * <p>Owner: metadata log worker.
 */
final class SnapshotSource {
  static final int MAX_OPEN = 4;

  /**
   * A piece of a snapshot.
   *
   * @param totalBytes size of the whole
   */
  record Piece(ByteBuffer bytes, long totalBytes) {}

  private final Map<Long, FileChannel> open = new LinkedHashMap<>(MAX_OPEN, 0.75f, true);

  /**
   * Bytes of the snapshot that ends at {@code endOffset}.
   *
   * @param current the newest one; null = there is none
   * @param position where the piece starts
   * @param maxBytes its largest size
   * @return null = there is no such snapshot any more, or it ends before that position
   */
  Piece read(SnapshotFile current, long endOffset, long position, int maxBytes) throws IOException {
    FileChannel channel = open.get(endOffset);
    if (channel == null) {
      if (current == null || current.endOffset() != endOffset) {
        return null;
      }
      try {
        channel = FileChannel.open(current.path(), StandardOpenOption.READ);
      } catch (NoSuchFileException e) {
        return null;
      }
      open.put(endOffset, channel);
      closeOldest();
    }
    long size = channel.size();
    if (position < 0 || position > size) {
      return null; // Whoever says so has another file in mind, and is to begin anew.
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(maxBytes, size - position));
    readFully(channel, bytes, position);
    return new Piece(bytes.flip(), size);
  }

  static void readFully(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      int read = channel.read(bytes, at);
      if (read < 0) {
        throw new IOException("The file ends at byte " + at + ", which is too early");
      }
      at += read;
    }
  }

  private void closeOldest() throws IOException {
    Iterator<FileChannel> channels = open.values().iterator();
    if (open.size() > MAX_OPEN) {
      FileChannel oldest = channels.next();
      channels.remove();
      oldest.close();
    }
  }

  void close() throws IOException {
    for (FileChannel channel : open.values()) {
      channel.close();
    }
    open.clear();
  }
}
