package io.millrace.partition;

import io.millrace.record.Records;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/**
 * The end of a transaction on its way into a log, which is acknowledged as a client's batch with
 * acks=all is.
 *
 * <p>Owner: partition loop.
 */
final class MarkerAppend extends ProduceAppend {
  private static final short ALL = -1;

  private final Consumer<Errors> done;

  MarkerAppend(ByteBuffer marker, long deadlineMs, Consumer<Errors> done) {
    super(new Own(marker), ALL, deadlineMs, true);
    this.done = done;
  }

  @Override
  protected void onComplete() {
    done.accept(error());
  }

  /** Memory of nobody else. */
  private record Own(ByteBuffer buffer) implements Records {
    @Override
    public int sizeInBytes() {
      return buffer.remaining();
    }

    @Override
    public void release() {
      // The garbage collector does it.
    }
  }
}
