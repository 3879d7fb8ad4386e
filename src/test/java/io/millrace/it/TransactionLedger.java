package io.millrace.it;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the producers of {@link ChaosTransactions} know of their transactions. Those of a
 * transactional id have the numbers 0, 1, 2, … in the order in which they began.
 *
 * <p>Owner: any thread.
 */
final class TransactionLedger {
  /** What may become of a transaction. */
  enum Fate {
    /** Nobody has asked to commit it, or its producer was fenced before: nobody may ever see it. */
    NOT_COMMITTED,
    /** Nobody knows what became of the request to commit it: all of it is seen or nothing. */
    UNKNOWN,
    /** The commit was acknowledged: all of it is seen. */
    COMMITTED
  }

  /**
   * A transaction.
   *
   * @param writer its transactional id
   */
  record TransactionId(String writer, int number) {
    @Override
    public String toString() {
      return "transaction " + number + " of " + writer;
    }
  }

  private final Map<String, List<Fate>> fates = new HashMap<>();
  private final Set<TransactionId> fenced = new HashSet<>();
  private final List<String> violations = new ArrayList<>();

  /** A transaction begins. */
  synchronized TransactionId begin(String writer) {
    List<Fate> of = fates.computeIfAbsent(writer, any -> new ArrayList<>());
    of.add(Fate.NOT_COMMITTED);
    return new TransactionId(writer, of.size() - 1);
  }

  /** Its producer is about to ask for the commit. */
  synchronized void commitAsked(TransactionId id) {
    fates.get(id.writer).set(id.number, Fate.UNKNOWN);
  }

  /** The commit was acknowledged. */
  synchronized void committed(TransactionId id) {
    fates.get(id.writer).set(id.number, Fate.COMMITTED);
  }

  /**
   * The next producer of the transactional id was told that it may begin, while this transaction
   * was open.
   */
  synchronized void fenced(TransactionId id) {
    fenced.add(id);
  }

  synchronized int countFenced() {
    return fenced.size();
  }

  /** A client was told what it must not be told. */
  synchronized void violation(String what) {
    violations.add(what);
  }

  synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  /** Null = no such transaction has begun. */
  synchronized Fate fate(TransactionId id) {
    List<Fate> of = fates.getOrDefault(id.writer, List.of());
    return id.number >= 0 && id.number < of.size() ? of.get(id.number) : null;
  }

  /** All transactions, by transactional id in the order of their numbers. */
  synchronized List<TransactionId> all() {
    List<TransactionId> all = new ArrayList<>();
    fates.forEach(
        (writer, of) -> {
          for (int number = 0; number < of.size(); number++) {
            all.add(new TransactionId(writer, number));
          }
        });
    return all;
  }

  synchronized long count(Fate fate) {
    return fates.values().stream().flatMap(List::stream).filter(fate::equals).count();
  }
}
