package io.millrace.partition;

import io.millrace.log.LogListener;
import java.io.IOException;

/** Of a log whose directory must not fail in the test. */
interface SoundLogListener extends LogListener {
  @Override
  default void onOffline(IOException cause) {
    throw new AssertionError(cause);
  }
}
