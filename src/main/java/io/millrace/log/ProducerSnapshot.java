package io.millrace.log;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The state of a log's producers at one offset in Kafka's {@code .snapshot} file, version 1; the
 * offset is in the file's name. Of each producer it holds the batches by which duplicates are
 * known, oldest first, each as an entry: Kafka, which writes only the last, reads the last.
 *
 * <pre>
 *  0       2       6       10
 *  +-------+-------+-------+-------
 *  |version| CRC-  | count | entries, 46 bytes each
 *  |  (1)  | 32C   |       |
 *  +-------+-------+-------+-------
 *
 *  entry:
 *  0          8       10       14        22       26         34       38
 *  +----------+-------+--------+---------+--------+----------+--------+-----------+
 *  | producer | epoch | last   | last    | offset | time-    | coord. | current   |
 *  | id       |       | sequen.| offset  | delta  | stamp    | epoch  | txn first |
 *  +----------+-------+--------+---------+--------+----------+--------+-----------+
 *
 *  The CRC covers everything behind itself. Without a batch: last sequence and last offset -1,
 *  offset delta 0. Without a transaction: coordinator epoch -1 (if no marker was ever seen),
 *  first offset -1.
 * </pre>
 *
 * <p>Owner: {@link #encode} the partition loop; the rest any thread, blocking.
 */
final class ProducerSnapshot {
  private static final short VERSION = 1;
  private static final int CRC_AT = 2;
  private static final int CHECKED_FROM = 6;
  private static final int ENTRIES_FROM = 10;
  private static final int ENTRY_BYTES = 46;

  private ProducerSnapshot() {}

  /**
   * The content of a snapshot at {@code endOffset}: what the batches below it have left behind,
   * though the table may have seen later ones.
   */
  static ByteBuffer encode(ProducerStateTable table, long endOffset) {
    int[] entries = {0};
    table.forEachAt(endOffset, state -> entries[0] += entriesOf(state, endOffset));
    ByteBuffer buffer = ByteBuffer.allocate(ENTRIES_FROM + entries[0] * ENTRY_BYTES);
    buffer.position(ENTRIES_FROM);
    table.forEachAt(endOffset, state -> encode(state, endOffset, buffer));
    buffer.flip();
    buffer.putShort(0, VERSION);
    buffer.putInt(CHECKED_FROM, (buffer.limit() - ENTRIES_FROM) / ENTRY_BYTES);
    buffer.putInt(CRC_AT, crc(buffer));
    return buffer;
  }

  private static int entriesOf(ProducerState state, long endOffset) {
    int below = Math.min(state.batchesBelow(endOffset), ProducerState.BATCHES_FOR_DUPLICATES);
    return state.knownBelow(endOffset) ? Math.max(1, below) : 0;
  }

  private static void encode(ProducerState state, long endOffset, ByteBuffer buffer) {
    int below = state.batchesBelow(endOffset);
    for (int left = entriesOf(state, endOffset); left > 0; left--) {
      encode(state, below - left, endOffset, buffer);
    }
  }

  private static void encode(ProducerState state, int batch, long endOffset, ByteBuffer buffer) {
    buffer.putLong(state.producerId);
    buffer.putShort(state.epoch());
    buffer.putInt(batch < 0 ? RecordBatch.NO_SEQUENCE : state.lastSequence(batch));
    buffer.putLong(batch < 0 ? -1 : state.lastOffset(batch));
    buffer.putInt(batch < 0 ? 0 : state.offsetDelta(batch));
    buffer.putLong(batch < 0 ? state.lastTimestamp() : state.timestamp(batch));
    buffer.putInt(state.coordinatorEpoch());
    long txnFirstOffset = state.currentTxnFirstOffset();
    buffer.putLong(txnFirstOffset < endOffset ? txnFirstOffset : -1);
  }

  /**
   * Writes what {@link #encode} made; replaces an existing file as a whole.
   *
   * @param durable whether the file must survive a crash of the machine on return; if not, it may
   *     be corrupt after one, which {@link #read} notices
   */
  static void write(FileIo io, Path file, ByteBuffer content, boolean durable) throws IOException {
    if (durable) {
      AtomicFile.write(io, file, content);
    } else {
      AtomicFile.writeUnsynced(io, file, content);
    }
  }

  /**
   * Reads a snapshot.
   *
   * @throws CorruptSnapshotException if it is not what was once written
   * @throws java.nio.file.NoSuchFileException if there is none
   */
  static List<ProducerState> read(Path file) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(Files.readAllBytes(file));
    if (buffer.limit() < ENTRIES_FROM) {
      throw new CorruptSnapshotException(
          file, buffer.limit() + " bytes are fewer than the " + ENTRIES_FROM + " of the header");
    }
    short version = buffer.getShort(0);
    if (version != VERSION) {
      throw new CorruptSnapshotException(file, "version " + version + " instead of " + VERSION);
    }
    int crc = crc(buffer);
    if (buffer.getInt(CRC_AT) != crc) {
      throw new CorruptSnapshotException(
          file, "its CRC is %08x, that of its content %08x".formatted(buffer.getInt(CRC_AT), crc));
    }
    int count = buffer.getInt(CHECKED_FROM);
    if (count < 0 || (long) count * ENTRY_BYTES != buffer.limit() - ENTRIES_FROM) {
      throw new CorruptSnapshotException(
          file, count + " entries in " + (buffer.limit() - ENTRIES_FROM) + " bytes");
    }
    buffer.position(ENTRIES_FROM);
    List<ProducerState> states = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      states.add(decode(file, buffer));
    }
    return states;
  }

  private static ProducerState decode(Path file, ByteBuffer buffer) throws IOException {
    long producerId = buffer.getLong();
    short epoch = buffer.getShort();
    int lastSequence = buffer.getInt();
    long lastOffset = buffer.getLong();
    int offsetDelta = buffer.getInt();
    long timestamp = buffer.getLong();
    int coordinatorEpoch = buffer.getInt();
    long currentTxnFirstOffset = buffer.getLong();
    if (producerId < 0 || (lastOffset >= 0 && (lastSequence < 0 || offsetDelta < 0))) {
      throw new CorruptSnapshotException(
          file,
          "producer id %d with last offset %d, last sequence %d, offset delta %d"
              .formatted(producerId, lastOffset, lastSequence, offsetDelta));
    }
    return ProducerState.restored(
            producerId, epoch, lastSequence, lastOffset, offsetDelta, timestamp)
        .withTransaction(coordinatorEpoch, currentTxnFirstOffset);
  }

  private static int crc(ByteBuffer buffer) {
    CRC32C crc = new CRC32C();
    crc.update(buffer.duplicate().position(CHECKED_FROM));
    return (int) crc.getValue();
  }
}
