package io.millrace.config;

import java.util.List;
import java.util.function.Predicate;

/**
 * Which values a key accepts, with the words in which a refusal and the reference page say so.
 *
 * @param text completes "allowed: …"; empty = whatever the type can express
 * @param test true for a value that is accepted
 *     <p>Owner: immutable.
 */
public record Allowed<T>(String text, Predicate<T> test) {
  /** Every value of the type. */
  public static <T> Allowed<T> any() {
    return new Allowed<>("", value -> true);
  }

  /** Values from {@code min} (inclusive) up. */
  public static <T extends Comparable<T>> Allowed<T> atLeast(T min) {
    return new Allowed<>("at least " + min, value -> value.compareTo(min) >= 0);
  }

  /** Values from {@code min} to {@code max}, both inclusive. */
  public static <T extends Comparable<T>> Allowed<T> between(T min, T max) {
    return new Allowed<>(
        min + " to " + max, value -> value.compareTo(min) >= 0 && value.compareTo(max) <= 0);
  }

  /** {@code special}, which means {@code meaning}, or values from {@code min} up. */
  public static <T extends Comparable<T>> Allowed<T> orAtLeast(T special, String meaning, T min) {
    return new Allowed<>(
        special + " (" + meaning + ") or at least " + min,
        value -> value.equals(special) || value.compareTo(min) >= 0);
  }

  /** One of these words, in this spelling. */
  public static Allowed<String> oneOf(String... words) {
    List<String> known = List.of(words);
    return new Allowed<>(String.join(", ", known), known::contains);
  }

  /** A list without repetitions of some of these words. */
  public static Allowed<List<String>> someOf(boolean mayBeEmpty, String... words) {
    List<String> known = List.of(words);
    return new Allowed<>(
        "a list" + (mayBeEmpty ? ", perhaps empty," : "") + " of " + String.join(", ", known),
        value ->
            (mayBeEmpty || !value.isEmpty())
                && known.containsAll(value)
                && value.stream().distinct().count() == value.size());
  }

  /** Lists with an entry at least and none twice. */
  public static Allowed<List<String>> distinctEntries() {
    return new Allowed<>(
        "a list of different entries, at least one",
        value ->
            !value.isEmpty()
                && !value.contains("")
                && value.stream().distinct().count() == value.size());
  }

  /** Lists with no entry twice; {@code all} stands only alone. */
  public static Allowed<List<String>> distinctOrAll(String all) {
    return new Allowed<>(
        "a list, perhaps empty, of different entries, or " + all + " alone",
        value ->
            !value.contains("")
                && value.stream().distinct().count() == value.size()
                && (value.size() == 1 || !value.contains(all)));
  }

  /** A port to bind; 0 = any free one. */
  public static Allowed<Integer> port() {
    return new Allowed<>("0 (any free port) to 65535", value -> value >= 0 && value <= 65535);
  }
}
