package io.millrace.partition;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The readers that wait for news of one partition.
 *
 * <p>Owner: partition loop.
 */
final class Watchers {
  private static final FetchRead[] NONE = new FetchRead[0];

  // Invariant: a reader is in here, once, exactly while it is armed.
  private final List<FetchRead> armed = new ArrayList<>(0);

  void arm(FetchRead reader) {
    if (!reader.armed()) {
      reader.armed(true);
      armed.add(reader);
    }
  }

  /** Takes a reader out; nothing happens if it is not in here. */
  void disarm(FetchRead reader) {
    int at = reader.armed() ? armed.indexOf(reader) : -1;
    if (at >= 0) {
      reader.armed(false);
      int last = armed.size() - 1;
      armed.set(at, armed.get(last));
      armed.remove(last);
    }
  }

  boolean any(Predicate<FetchRead> such) {
    for (FetchRead reader : armed) {
      if (such.test(reader)) {
        return true;
      }
    }
    return false;
  }

  boolean isEmpty() {
    return armed.isEmpty();
  }

  /** Disarms all and returns them: what they do when told may arm them again. */
  FetchRead[] takeAll() {
    if (armed.isEmpty()) {
      return NONE;
    }
    FetchRead[] taken = armed.toArray(NONE);
    armed.clear();
    for (FetchRead reader : taken) {
      reader.armed(false);
    }
    return taken;
  }
}
