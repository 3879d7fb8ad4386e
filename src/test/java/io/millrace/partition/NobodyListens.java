package io.millrace.partition;

import io.millrace.log.LogListener;
import java.io.IOException;

/** Takes no notice of what becomes of a log. */
class NobodyListens implements LogListener {
  @Override
  public void onPersisted(long logEndOffset) {}

  @Override
  public void onAppendFailed(long fromOffset, IOException cause, boolean retriable) {}

  @Override
  public void onOffline(IOException cause) {}

  @Override
  public void onLogStartOffset(long logStartOffset) {}
}
