package io.millrace.model;

import java.util.ArrayDeque;

/**
 * How large a regular expression is with its counted repetitions written out, which is what a
 * compiler makes of them: {@code (a{100}){100}} has seven characters more than {@code a} and is ten
 * thousand times as large. Never less than that, for whatever text.
 *
 * <p>Owner: immutable.
 */
public final class RegexSize {
  /** No sum or product grows beyond it. */
  private static final long MAX = 1L << 40;

  private final String text;
  private final ArrayDeque<Long> outer = new ArrayDeque<>();
  private int at;
  // Of the innermost open group, and of the last thing in it, which a repetition would repeat.
  private long sum;
  private long last;

  private RegexSize(String text) {
    this.text = text;
  }

  /** In characters. */
  public static long of(String regex) {
    return new RegexSize(regex).measure();
  }

  private long measure() {
    while (at < text.length()) {
      char next = text.charAt(at);
      if (next == '(') {
        at++;
        outer.push(sum);
        sum = 0;
        last = 0;
      } else if (next == ')') {
        at++;
        close();
      } else if (next == '{') {
        repeat();
      } else if (next == '[') {
        characterClass();
        add();
      } else if (next == '\\') {
        escape();
      } else {
        at++;
        add();
      }
    }
    while (!outer.isEmpty()) {
      close();
    }
    return sum;
  }

  private void add() {
    last = 1;
    sum = Math.min(MAX, sum + 1);
  }

  private void close() {
    last = Math.min(MAX, sum + 1);
    sum = Math.min(MAX, (outer.isEmpty() ? 0 : outer.pop()) + last);
  }

  /** {@code {n}}, {@code {n,}} or {@code {n,m}}; anything else is a brace like other characters. */
  private void repeat() {
    int end = text.indexOf('}', at);
    long times = end < 0 ? -1 : times(text.substring(at + 1, end));
    if (times < 0) {
      at++;
      add();
      return;
    }
    at = end + 1;
    long repeated = Math.min(MAX, last * Math.max(1, times));
    sum = Math.min(MAX, sum - last + repeated);
    last = repeated;
  }

  /** -1 = it is no repetition. */
  private static long times(String counts) {
    if (counts.isEmpty() || counts.length() > 12) {
      return -1;
    }
    long most = 0;
    long number = 0;
    for (int i = 0; i < counts.length(); i++) {
      char digit = counts.charAt(i);
      if (digit == ',') {
        number = 0;
      } else if (digit < '0' || digit > '9') {
        return -1;
      } else {
        number = number * 10 + digit - '0';
        most = Math.max(most, number);
      }
    }
    // One more for the loop behind "at least".
    return Math.min(1 << 20, most + 1);
  }

  private void characterClass() {
    at++;
    if (at < text.length() && text.charAt(at) == '^') {
      at++;
    }
    // A bracket at the beginning is one of the characters.
    for (int first = at; at < text.length(); at++) {
      char next = text.charAt(at);
      if (next == '\\') {
        at++;
      } else if (next == ']' && at > first) {
        at++;
        return;
      }
    }
  }

  private void escape() {
    if (text.startsWith("\\Q", at)) {
      int end = text.indexOf("\\E", at);
      int literal = (end < 0 ? text.length() : end) - at - 2;
      sum = Math.min(MAX, sum + literal);
      last = 1;
      at = end < 0 ? text.length() : end + 2;
      return;
    }
    at += 2;
    // Not a repetition: \x{10FFFF}, \p{Greek}.
    boolean named = at <= text.length() && "xpP".indexOf(text.charAt(at - 1)) >= 0;
    if (named && at < text.length() && text.charAt(at) == '{') {
      int end = text.indexOf('}', at);
      at = end < 0 ? text.length() : end + 1;
    }
    add();
  }
}
