package io.millrace.it;

import io.millrace.it.TransactionLedger.Fate;
import io.millrace.it.TransactionLedger.TransactionId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is wrong with what readers have seen of transactions. Pure.
 *
 * <p>Invariants: all or nothing, in all partitions; once; in order; never what was not committed;
 * always what was acknowledged; a fenced producer never writes; a copy in transactions has each
 * record once, in order.
 *
 * <p>Owner: immutable.
 *
 * @param ledger what producers know of their transactions
 * @param places the partitions to which each transaction writes
 * @param sequences how many records each transaction writes to each partition
 */
record TransactionCheck(TransactionLedger ledger, List<String> places, int sequences) {
  private static final int MAX_PROBLEMS = 20;

  /**
   * Where a copy of a record was seen.
   *
   * @param fromOffset of the record that was copied
   */
  record Copy(long fromOffset, String place, long offset) {
    @Override
    public String toString() {
      return fromOffset + " (at " + place + "@" + offset + ")";
    }
  }

  /** What a read_committed reader has seen, each partition in the order of its offsets. */
  List<String> ofCommitted(List<TransactionRecord> seen) {
    List<String> problems = new ArrayList<>();
    Map<TransactionId, List<TransactionRecord>> byId = new HashMap<>();
    Map<String, TransactionRecord> last = new HashMap<>();
    for (TransactionRecord record : seen) {
      byId.computeIfAbsent(record.id(), any -> new ArrayList<>()).add(record);
      TransactionRecord before = last.put(record.place() + " " + record.id().writer(), record);
      if (before != null && before.id().number() > record.id().number()) {
        problems.add(
            record.id() + " at " + record + " comes after " + before.id() + before(before));
      }
    }
    byId.keySet().stream()
        .filter(id -> ledger.fate(id) == null)
        .forEach(id -> problems.add("nobody has written " + id + ", seen at " + byId.get(id)));
    for (TransactionId id : ledger.all()) {
      problems.addAll(check(id, byId.getOrDefault(id, List.of())));
    }
    return first(problems);
  }

  private static String before(TransactionRecord before) {
    return " at " + before;
  }

  private List<String> check(TransactionId id, List<TransactionRecord> seen) {
    Fate fate = ledger.fate(id);
    String what = id + " (" + fate + ")";
    if (fate == Fate.NOT_COMMITTED) {
      return seen.isEmpty() ? List.of() : List.of(what + " is seen at " + seen);
    }
    if (seen.isEmpty()) {
      return fate == Fate.UNKNOWN ? List.of() : List.of(what + " is seen nowhere");
    }
    Map<String, List<Integer>> found = new TreeMap<>();
    places.forEach(place -> found.put(place, new ArrayList<>()));
    for (TransactionRecord record : seen) {
      found.computeIfAbsent(record.place(), any -> new ArrayList<>()).add(record.sequence());
    }
    List<Integer> all = new ArrayList<>();
    for (int sequence = 0; sequence < sequences; sequence++) {
      all.add(sequence);
    }
    List<String> problems = new ArrayList<>();
    found.forEach(
        (place, sequencesThere) -> {
          if (!sequencesThere.equals(all)) {
            problems.add(
                what
                    + " has the sequence "
                    + sequencesThere
                    + " instead of "
                    + all
                    + " in "
                    + place
                    + ", seen at "
                    + seen);
          }
        });
    return problems;
  }

  /** What a read_uncommitted reader has seen: a fenced producer never writes. */
  List<String> ofUncommitted(List<TransactionRecord> seen) {
    return first(
        seen.stream()
            .filter(record -> record.sequence() >= TransactionRecord.AFTER_FENCE)
            .map(
                record ->
                    record.id() + " wrote at " + record + " after its producer had been fenced")
            .toList());
  }

  /**
   * What was copied of a partition, in order.
   *
   * @param place the partition that was copied
   * @param offsets all its committed records
   * @param copies all committed copies, in the order of their offsets
   */
  static List<String> ofCopy(String place, List<Long> offsets, List<Copy> copies) {
    List<String> problems = new ArrayList<>();
    Map<Long, Copy> first = new HashMap<>();
    long last = -1;
    for (Copy copy : copies) {
      Copy other = first.putIfAbsent(copy.fromOffset(), copy);
      if (other != null) {
        problems.add(place + "@" + copy + " was copied already: " + other);
      } else if (copy.fromOffset() < last) {
        problems.add(place + "@" + copy + " was copied after " + last);
      }
      last = copy.fromOffset();
    }
    for (long offset : offsets) {
      if (first.remove(offset) == null) {
        problems.add(place + "@" + offset + " was not copied");
      }
    }
    first.values().forEach(copy -> problems.add(place + "@" + copy + " is no committed record"));
    return first(problems);
  }

  private static List<String> first(List<String> problems) {
    return List.copyOf(problems.subList(0, Math.min(problems.size(), MAX_PROBLEMS)));
  }
}
