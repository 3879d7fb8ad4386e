package io.millrace.coordinator;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.log.FileSlice;
import io.millrace.log.ReadResult;
import io.millrace.model.TransactionMarker;
import io.millrace.partition.LeaderLog;
import io.millrace.record.BatchIterator;
import io.millrace.record.ControlBatch;
import io.millrace.record.CorruptBatchException;
import io.millrace.record.LogRecord;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordReader;
import io.vertx.core.AsyncResult;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Replays a partition's log into a new shard, from its start to its end. Bytes are read and decoded
 * on workers, a piece ahead of the replay, which takes the loop for a few milliseconds at a time.
 *
 * <p>Owner: partition loop.
 */
final class ShardLoader {
  /** Who loads. All calls come on the loop. */
  interface Target {
    void replay(CoordinatorRecord record);

    void replay(long producerId, CoordinatorRecord record);

    void replay(TransactionMarker marker);

    void onLoaded(long records);

    void onLoadFailed(Throwable cause);
  }

  /**
   * One thing to replay: a record or the end of a transaction.
   *
   * @param producerId whose transaction the record is part of; -1 = of none
   * @param marker null = it is a record
   */
  private record Step(long producerId, CoordinatorRecord record, TransactionMarker marker) {
    void replay(Target target) {
      if (marker != null) {
        target.replay(marker);
      } else if (producerId == RecordBatch.NO_PRODUCER_ID) {
        target.replay(record);
      } else {
        target.replay(producerId, record);
      }
    }
  }

  /** What one piece of the log says, with the offset after it. */
  private record Piece(List<Step> steps, long nextOffset, Set<Short> unknownTypes) {}

  private static final int MAX_PIECES_AHEAD = 2;
  private static final int RECORDS_PER_TURN = 1_000;
  private static final int RETRY_MS = 10;

  private final LeaderLog log;
  private final RecordCodec codec;
  private final Executor worker;
  private final int pieceBytes;
  private final Target target;

  private final ArrayDeque<Piece> pieces = new ArrayDeque<>();
  private final Set<Short> unknownTypes = new TreeSet<>();
  private long next;
  // Next step of the first piece.
  private int position;
  private long replayed;
  private boolean reading;
  private boolean replaying;
  private boolean atEnd;
  private boolean ended;

  ShardLoader(LeaderLog log, RecordCodec codec, Executor worker, int pieceBytes, Target target) {
    this.log = log;
    this.codec = codec;
    this.worker = worker;
    this.pieceBytes = pieceBytes;
    this.target = target;
  }

  void start() {
    next = log.logStartOffset();
    read();
  }

  /** Ends the load without a result. */
  void cancel() {
    ended = true;
    pieces.clear();
  }

  /** Types of records that mean nothing here, seen so far. */
  Set<Short> unknownTypes() {
    return unknownTypes;
  }

  // ---- reading

  private void read() {
    if (ended || reading || atEnd || pieces.size() >= MAX_PIECES_AHEAD) {
      return;
    }
    if (next >= log.nextOffset()) {
      atEnd = true;
      scheduleReplay();
      return;
    }
    reading = true;
    ReadResult result = log.read(next, pieceBytes);
    if (result instanceof ReadResult.Later later) {
      later.result().onComplete(done -> log.loop().run(() -> onFound(done)));
    } else {
      onResult(result);
    }
  }

  private void onFound(AsyncResult<ReadResult> done) {
    if (done.failed()) {
      fail(done.cause());
    } else {
      onResult(done.result());
    }
  }

  private void onResult(ReadResult result) {
    if (result instanceof ReadResult.Data data) {
      if (ended) {
        data.slice().release();
      } else {
        decode(data.slice());
      }
    } else if (result instanceof ReadResult.OutOfRange && next >= log.logStartOffset()) {
      fail(new IOException("Offset " + next + " is not in the log"));
    } else if (result instanceof ReadResult.Empty && log.logEndOffset() >= log.nextOffset()) {
      // Compaction has left nothing of the last offsets.
      reading = false;
      atEnd = true;
      scheduleReplay();
    } else if (!ended) {
      // Either the start of the log has moved on, or what was appended is still being written.
      next = Math.max(next, log.logStartOffset());
      log.loop()
          .schedule(
              RETRY_MS,
              () -> {
                reading = false;
                read();
              });
    }
  }

  private void decode(FileSlice slice) {
    long from = next;
    try {
      worker.execute(
          () -> {
            Piece piece = null;
            Throwable failure = null;
            try {
              piece = decode(bytes(slice), from);
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
              failure = e;
            } finally {
              slice.release();
            }
            Piece decoded = piece;
            Throwable cause = failure;
            log.loop().execute(() -> onDecoded(decoded, cause));
          });
    } catch (RejectedExecutionException e) {
      slice.release();
      fail(e);
    }
  }

  private static ByteBuffer bytes(FileSlice slice) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(slice.length());
    while (bytes.hasRemaining()) {
      if (slice.channel().read(bytes, slice.position() + bytes.position()) < 0) {
        throw new EOFException("The segment ends before its last batch");
      }
    }
    return bytes.flip();
  }

  /** Runs on a worker. */
  private Piece decode(ByteBuffer bytes, long from) {
    List<Step> steps = new ArrayList<>();
    Set<Short> unknown = new TreeSet<>();
    long nextOffset = from;
    BatchIterator batches = new BatchIterator(bytes);
    while (batches.next()) {
      int at = batches.position();
      nextOffset = RecordBatch.nextOffset(bytes, at);
      if (!RecordBatch.isCrcValid(bytes, at)) {
        throw new CorruptBatchException(
            "Batch at offset " + RecordBatch.baseOffset(bytes, at) + " has a wrong CRC", null);
      }
      if (RecordBatch.isControl(bytes, at)) {
        TransactionMarker marker = ControlBatch.read(bytes, at);
        if (marker != null) {
          steps.add(new Step(marker.producerId(), null, marker));
        }
        continue;
      }
      long producerId =
          RecordBatch.isTransactional(bytes, at)
              ? RecordBatch.producerId(bytes, at)
              : RecordBatch.NO_PRODUCER_ID;
      try (RecordReader reader = new RecordReader(bytes, at)) {
        while (reader.hasNext()) {
          CoordinatorRecord record = decode(reader.next(), from, unknown);
          if (record != null) {
            steps.add(new Step(producerId, record, null));
          }
        }
      }
    }
    if (nextOffset == from) {
      throw new CorruptBatchException("No batch at offset " + from, null);
    }
    return new Piece(steps, nextOffset, unknown);
  }

  /** null = there is nothing to replay. */
  private CoordinatorRecord decode(LogRecord record, long from, Set<Short> unknown) {
    if (record.offset() < from) {
      return null;
    }
    if (record.key() == null || record.key().remaining() < Short.BYTES) {
      throw new UnreadableRecordException("Record at " + record.offset() + " has no key", null);
    }
    short type = RecordCodec.type(record.key());
    CoordinatorRecord read = codec.read(record.key(), record.value());
    if (read == null) {
      unknown.add(type);
    }
    return read;
  }

  // ---- replaying

  private void onDecoded(Piece piece, Throwable failure) {
    reading = false;
    if (ended) {
      return;
    }
    if (failure != null) {
      fail(failure);
      return;
    }
    pieces.add(piece);
    next = piece.nextOffset;
    unknownTypes.addAll(piece.unknownTypes);
    read();
    scheduleReplay();
  }

  private void scheduleReplay() {
    if (!replaying) {
      replaying = true;
      log.loop().execute(this::replay);
    }
  }

  private void replay() {
    if (ended) {
      return;
    }
    int turn = 0;
    while (!pieces.isEmpty() && turn < RECORDS_PER_TURN) {
      List<Step> steps = pieces.peek().steps;
      int until = Math.min(steps.size(), position + RECORDS_PER_TURN - turn);
      turn += until - position;
      try {
        while (position < until) {
          steps.get(position++).replay(target);
        }
      } catch (RuntimeException | OutOfMemoryError e) {
        fail(e);
        return;
      }
      if (position == steps.size()) {
        pieces.poll();
        position = 0;
        read();
      }
    }
    replayed += turn;
    replaying = false;
    if (!pieces.isEmpty()) {
      scheduleReplay();
    } else if (atEnd && !ended) {
      ended = true;
      target.onLoaded(replayed);
    }
  }

  private void fail(Throwable cause) {
    if (!ended) {
      cancel();
      target.onLoadFailed(cause);
    }
  }
}
