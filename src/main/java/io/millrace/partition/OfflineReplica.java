package io.millrace.partition;

import org.apache.kafka.common.protocol.Errors;

/**
 * A replica that cannot serve, and says why: its log directory failed or it is deleted.
 *
 * <p>Owner: partition loop.
 */
final class OfflineReplica implements Replica {
  private final Errors error;
  private final String message;

  OfflineReplica(Errors error, String message) {
    this.error = error;
    this.message = message;
  }

  Errors error() {
    return error;
  }

  String message() {
    return message;
  }

  @Override
  public void append(ProduceAppend append) {
    append.records().release();
    append.refuse(error, message);
  }

  @Override
  public void read(FetchRead reader, FetchAsk ask) {
    reader.ask(ask);
    reader.onRead(FetchAnswer.refused(error));
  }

  @Override
  public void unwatch(FetchRead reader) {
    // Nothing is ever armed here.
  }
}
