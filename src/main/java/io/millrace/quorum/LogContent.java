package io.millrace.quorum;

import io.millrace.log.FileIo;
import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.HardState;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the log's directory holds, read and checked. Nothing is changed by reading, but that part
 * files and what a snapshot stands for are deleted.
 *
 * @param hardState {@link HardState#INITIAL} = the voter has never run
 * @param snapshot null = there is none
 * @param snapshotRecords its records; empty without one
 * @param segments in order of offset; may be empty
 * @param entries those after the snapshot, in order
 * @param endOffset end (exclusive) of snapshot and entries
 * @param rememberedEnd end (exclusive) of what was committed, as far as it was written down; beyond
 *     {@code endOffset} = something that was committed is gone
 *     <p>Owner: immutable.
 */
record LogContent(
    HardState hardState,
    SnapshotFile snapshot,
    List<MetadataRecord> snapshotRecords,
    List<Segment> segments,
    List<Entry> entries,
    long endOffset,
    long rememberedEnd) {
  /**
   * A segment's file; what follows {@code validBytes} is to be cut: an incomplete batch, or what
   * the next segment has taken the place of.
   */
  record Segment(Path path, long baseOffset, BatchIndex index, int validBytes, int totalBytes) {}

  /** End (exclusive) of what is here and known to be committed. */
  long committedEnd() {
    return Math.max(
        snapshot == null ? 0 : snapshot.endOffset(), Math.min(endOffset, rememberedEnd));
  }

  private static final Pattern SEGMENT = Pattern.compile("(\\d{20})\\.log");

  /**
   * Reads the directory, which is created if it is missing.
   *
   * @throws MetadataLogException if something that was committed is damaged or missing
   */
  static LogContent read(Path directory, FileIo io) throws IOException {
    DirectoryIdFile.createDirectory(io, directory);
    List<SnapshotFile> snapshots = new ArrayList<>();
    List<Segment> names = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        SnapshotFile found = SnapshotFile.of(file);
        Matcher segment = SEGMENT.matcher(name);
        if (found != null) {
          snapshots.add(found);
        } else if (segment.matches()) {
          names.add(new Segment(file, Long.parseLong(segment.group(1)), null, 0, 0));
        } else if (name.endsWith(SnapshotFile.PART_SUFFIX)) {
          io.delete(file);
        }
      }
    }
    finishInstall(io, snapshots, names);
    snapshots.sort(Comparator.comparingLong(SnapshotFile::endOffset));
    names.sort(Comparator.comparingLong(Segment::baseOffset));
    SnapshotFile snapshot = snapshots.isEmpty() ? null : snapshots.get(snapshots.size() - 1);
    List<MetadataRecord> records = snapshot == null ? List.of() : snapshot.read();
    for (SnapshotFile old : snapshots) {
      if (!old.equals(snapshot)) {
        io.delete(old.path());
      }
    }
    while (snapshot != null
        && names.size() > 1
        && names.get(1).baseOffset() <= snapshot.endOffset()) {
      // A crash can keep any of the files that were being deleted.
      io.delete(names.remove(0).path());
    }
    return readLog(directory, snapshot, records, names);
  }

  /**
   * A snapshot that was received, but the log did not yet begin anew behind it: nothing else in the
   * directory counts, and nobody has been told anything about it.
   */
  private static void finishInstall(FileIo io, List<SnapshotFile> snapshots, List<Segment> segments)
      throws IOException {
    for (SnapshotFile received : List.copyOf(snapshots)) {
      if (received.isToBeInstalled()) {
        received.read(); // or nothing may be deleted
        for (Segment segment : segments) {
          io.delete(segment.path());
        }
        segments.clear();
        snapshots.remove(received);
        snapshots.add(received.finishInstall(io));
      }
    }
  }

  private static LogContent readLog(
      Path directory, SnapshotFile snapshot, List<MetadataRecord> records, List<Segment> names)
      throws IOException {
    long start = snapshot == null ? 0 : snapshot.endOffset();
    List<Segment> segments = new ArrayList<>();
    List<Entry> entries = new ArrayList<>();
    int lastTerm = snapshot == null ? 0 : snapshot.term();
    long end = names.isEmpty() ? start : names.get(0).baseOffset();
    if (end > start) {
      throw new MetadataLogException(
          "Metadata log "
              + directory
              + " starts at offset "
              + end
              + ", but what is known before ends at "
              + start
              + ": a segment or snapshot is missing");
    }
    for (int i = 0; i < names.size(); i++) {
      Segment name = names.get(i);
      if (name.baseOffset() < end) {
        // A truncation within a batch was interrupted: the rest of that batch is in this segment.
        end = name.baseOffset();
        cutLast(segments, end);
        while (!entries.isEmpty() && entries.get(entries.size() - 1).baseOffset() >= end) {
          entries.remove(entries.size() - 1);
        }
      }
      if (name.baseOffset() != end) {
        throw new MetadataLogException(
            "Metadata log " + directory + " has no segment at offset " + end + ", but " + name);
      }
      SegmentScan.Result scan =
          SegmentScan.scan(
              name.path(),
              ByteBuffer.wrap(Files.readAllBytes(name.path())),
              end,
              i == names.size() - 1);
      segments.add(
          new Segment(
              name.path(), name.baseOffset(), scan.index(), scan.validBytes(), scan.totalBytes()));
      for (Entry entry : scan.entries()) {
        end = entry.endOffset();
        lastTerm = entry.term();
        if (entry.endOffset() > start) {
          entries.add(entry.slice(start, entry.endOffset()));
        }
      }
    }
    if (end < start) {
      throw new MetadataLogException(
          "Metadata log "
              + directory
              + " ends at offset "
              + end
              + ", before its snapshot "
              + start);
    }
    HardState hardState = HardStateFile.read(directory);
    if (hardState == null && end > 0) {
      throw new MetadataLogException(
          "Metadata log "
              + directory
              + " has entries, but "
              + HardStateFile.NAME
              + " is missing: this voter could vote twice in a term");
    }
    if (hardState != null && hardState.term() < lastTerm) {
      throw new MetadataLogException(
          "Metadata log "
              + directory
              + " has term "
              + lastTerm
              + ", but "
              + HardStateFile.NAME
              + " only "
              + hardState.term());
    }
    return new LogContent(
        hardState == null ? HardState.INITIAL : hardState,
        snapshot,
        records,
        segments,
        entries,
        end,
        CommittedEndFile.read(directory));
  }

  /** The last segment so far ends where a batch with this offset begins. */
  private static void cutLast(List<Segment> segments, long offset) throws IOException {
    Segment whole = segments.remove(segments.size() - 1);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(whole.path()));
    int position = whole.index().floor(offset);
    while (position < whole.validBytes() && RecordBatch.baseOffset(bytes, position) < offset) {
      position += RecordBatch.sizeInBytes(bytes, position);
    }
    if (position >= whole.validBytes() || RecordBatch.baseOffset(bytes, position) != offset) {
      throw new MetadataLogException(
          "Metadata log "
              + whole.path()
              + " goes on after offset "
              + offset
              + ", where another segment starts");
    }
    whole.index().cutTo(position);
    segments.add(
        new Segment(whole.path(), whole.baseOffset(), whole.index(), position, whole.totalBytes()));
  }
}
