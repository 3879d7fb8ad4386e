package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.util.Arrays;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Who votes, and what a majority of them is.
 *
 * @param ids sorted, so that what is done to each is done in the same order everywhere; may be
 *     empty: then nothing ever has a majority
 *     <p>Owner: immutable.
 */
record VoterSet(Set<VoterId> ids) {
  VoterSet {
    ids = Collections.unmodifiableSet(new TreeSet<>(ids));
  }

  boolean contains(VoterId id) {
    return ids.contains(id);
  }

  /** Whether nobody else votes. */
  boolean isOnly(VoterId id) {
    return ids.size() == 1 && ids.contains(id);
  }

  boolean isEmpty() {
    return ids.isEmpty();
  }

  boolean hasMajority(Predicate<VoterId> agrees) {
    int count = 0;
    for (VoterId id : ids) {
      if (agrees.test(id)) {
        count++;
      }
    }
    return count > ids.size() / 2;
  }

  /** The largest value that a majority has reached; {@link Long#MIN_VALUE} without voters. */
  long reachedByMajority(ToLongFunction<VoterId> value) {
    long[] sorted = ids.stream().mapToLong(value).sorted().toArray();
    return sorted.length == 0 ? Long.MIN_VALUE : sorted[(sorted.length - 1) / 2];
  }

  VoterSet with(VoterId added) {
    Set<VoterId> changed = new TreeSet<>(ids);
    changed.add(added);
    return new VoterSet(changed);
  }

  VoterSet without(VoterId removed) {
    Set<VoterId> changed = new TreeSet<>(ids);
    changed.remove(removed);
    return new VoterSet(changed);
  }

  @Override
  public String toString() {
    return Arrays.toString(ids.stream().sorted().toArray());
  }
}
