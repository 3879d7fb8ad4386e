package io.millrace.quorum;

import io.millrace.log.FileIo;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.quorum.state.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A snapshot of the metadata: a file of record batches like a segment's, with offsets of its own
 * from 0 on, whose last batch is a single no-op: without it the file is not whole. The name says
 * what it stands for, as Kafka's does: {@code <end offset, exclusive>-<term of the last
 * entry>.checkpoint}.
 *
 * <p>Owner: metadata log worker.
 */
record SnapshotFile(Path path, long endOffset, int term) {
  static final String PART_SUFFIX = ".checkpoint.part";

  /** A received snapshot, whole and durable, that is about to take the place of the log. */
  static final String INSTALL_SUFFIX = ".checkpoint.install";

  private static final Pattern NAME =
      Pattern.compile("(\\d{20})-(\\d{10})\\.checkpoint(?:\\.install)?");
  private static final int RECORDS_PER_BATCH = 10_000;

  /** null = this is not the name of a snapshot, installed or about to be. */
  static SnapshotFile of(Path path) {
    Matcher name = NAME.matcher(path.getFileName().toString());
    return name.matches()
        ? new SnapshotFile(path, Long.parseLong(name.group(1)), Integer.parseInt(name.group(2)))
        : null;
  }

  /** On return the snapshot is durable under its name; before, there is only a part file. */
  static SnapshotFile write(
      FileIo io, Path directory, long endOffset, int term, List<MetadataRecord> records, long nowMs)
      throws IOException {
    String name = name(endOffset, term);
    Path part = directory.resolve(name + ".part");
    try (FileChannel channel =
        io.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      long position = 0;
      long offset = 0;
      for (int from = 0; from < records.size(); from += RECORDS_PER_BATCH) {
        int to = Math.min(records.size(), from + RECORDS_PER_BATCH);
        Entry entry = new Entry(offset, term, records.subList(from, to));
        position += write(io, channel, entry, position, nowMs);
        offset = entry.endOffset();
      }
      write(io, channel, new Entry(offset, term, List.of(NoOp.INSTANCE)), position, nowMs);
      io.force(channel, true);
    }
    Path path = directory.resolve(name);
    io.rename(part, path);
    io.fsyncDirectory(directory);
    return new SnapshotFile(path, endOffset, term);
  }

  private static String name(long endOffset, int term) {
    return String.format(Locale.ROOT, "%020d-%010d.checkpoint", endOffset, term);
  }

  /** Whether it waits to take the place of the log. */
  boolean isToBeInstalled() {
    return path.getFileName().toString().endsWith(INSTALL_SUFFIX);
  }

  /** It is durable, in a part file: from here on it counts, and nothing else does. */
  SnapshotFile startInstall(FileIo io) throws IOException {
    return renameTo(
        io,
        path.resolveSibling(
            String.format(Locale.ROOT, "%020d-%010d", endOffset, term) + INSTALL_SUFFIX));
  }

  /** The log has given way to it. */
  SnapshotFile finishInstall(FileIo io) throws IOException {
    return renameTo(io, path.resolveSibling(name(endOffset, term)));
  }

  private SnapshotFile renameTo(FileIo io, Path name) throws IOException {
    io.rename(path, name);
    io.fsyncDirectory(name.toAbsolutePath().getParent());
    return new SnapshotFile(name, endOffset, term);
  }

  private static int write(FileIo io, FileChannel channel, Entry entry, long position, long nowMs)
      throws IOException {
    ByteBuffer batch = EntryCodec.encode(List.of(entry), nowMs);
    int size = batch.remaining();
    io.writeFully(channel, batch, position);
    return size;
  }

  /**
   * The records in it.
   *
   * @throws MetadataLogException if it is not whole
   */
  List<MetadataRecord> read() throws IOException {
    SegmentScan.Result scan =
        SegmentScan.scan(path, ByteBuffer.wrap(Files.readAllBytes(path)), 0, false);
    List<MetadataRecord> records = new ArrayList<>();
    for (Entry entry : scan.entries()) {
      records.addAll(entry.records());
    }
    int last = records.size() - 1;
    if (last < 0 || !(records.get(last) instanceof NoOp)) {
      throw new MetadataLogException(
          "Metadata snapshot " + path + " is damaged: its end is missing");
    }
    return records.subList(0, last);
  }
}
