package io.millrace.metadata;

/**
 * The levels of a feature that a node can work with, both inclusive.
 *
 * @param min at least 0; 0 = can also do without the feature
 * @param max at least {@code min}
 *     <p>Owner: immutable.
 */
public record FeatureRange(int min, int max) {
  public FeatureRange {
    if (min < 0 || max < min) {
      throw new IllegalArgumentException("The levels " + min + " to " + max + " are no range");
    }
  }

  public boolean contains(int level) {
    return level >= min && level <= max;
  }

  /** Such as {@code 1-2}. */
  @Override
  public String toString() {
    return min + "-" + max;
  }
}
