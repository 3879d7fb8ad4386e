package io.millrace.coordinator.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.transaction.SimulatedPartition.Entry;
import io.millrace.model.TopicPartition;
import io.millrace.model.TransactionMarker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What lies in a simulated partition, and what of it is in a transaction that is in progress. */
final class OpenEntries {
  private final List<Entry> all = new ArrayList<>();
  private final Map<Long, List<Entry>> open = new HashMap<>();
  private int changes;

  /** How often anything was appended. */
  int changes() {
    return changes;
  }

  List<Entry> all() {
    return all;
  }

  /** An entry is appended. */
  void add(Entry entry, TopicPartition to) {
    assertThat(entry.producer.isSucceeded(entry.producerId, entry.epoch))
        .as("fenced never writes: %s in %s", entry, to)
        .isFalse();
    changes++;
    all.add(entry);
    open.computeIfAbsent(entry.producerId, id -> new ArrayList<>()).add(entry);
  }

  /** A marker is appended. */
  void end(TransactionMarker marker) {
    changes++;
    List<Entry> ended = open.remove(marker.producerId());
    if (ended != null) {
      ended.forEach(entry -> entry.committed = marker.commits());
    }
  }

  boolean hasOpen() {
    return !open.isEmpty();
  }

  @Override
  public String toString() {
    return open.values().toString();
  }
}
