package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegexSizeTest {
  static Stream<Arguments> sizes() {
    return Stream.of(
        Arguments.of("abc", 3),
        Arguments.of("a{10}", 11),
        Arguments.of("a{2,10}", 11),
        Arguments.of("(ab){100}", 303),
        Arguments.of("((a{10}){10}){10}", 1463),
        Arguments.of("[a-z{]{3}", 4),
        Arguments.of("[]{5}]{3}", 4),
        Arguments.of("a{x}", 4),
        Arguments.of("\\{3}", 3),
        Arguments.of("\\p{Greek}{2}", 3),
        Arguments.of("\\Qa{100}\\E", 6));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void shouldWriteRepetitionsOut(String regex, long size) {
    assertThat(RegexSize.of(regex)).isEqualTo(size);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"((a{1000}){1000}){1000}", "(((((((a{99}){99}){99}){99}){99}){99}){99}){99}"})
  void shouldSeeThroughNestedRepetitions(String regex) {
    assertThat(RegexSize.of(regex)).isGreaterThan(1_000_000);
  }

  @Test
  void shouldNeverTakeALargeExpressionForASmallOne() {
    long seed = Long.getLong("millrace.seed", System.nanoTime());
    Random random = new Random(seed);
    String[] parts = {
      "a",
      ".",
      "(",
      ")",
      "|",
      "*",
      "+",
      "?",
      "{3}",
      "{2,}",
      "{1,9}",
      "[b-d]",
      "[]{2}]",
      "[^]a]",
      "\\.",
      "\\d",
      "\\p{L}",
      "\\Q{9}\\E",
      "\\x{41}",
      "{",
      "}",
      "^",
      "$",
      "(?:",
      "[[:alpha:]]"
    };
    for (int i = 0; i < 20_000; i++) {
      StringBuilder regex = new StringBuilder();
      for (int n = random.nextInt(12); n >= 0; n--) {
        regex.append(parts[random.nextInt(parts.length)]);
      }
      long size = RegexSize.of(regex.toString());
      if (size > 4_096) {
        continue;
      }
      int instructions;
      try {
        instructions = Pattern.compile(regex.toString()).programSize();
      } catch (PatternSyntaxException e) {
        continue;
      }
      // A thing is a few instructions: the thing itself, a loop, the ends of a group.
      assertThat(instructions).as("seed %d: %s", seed, regex).isLessThan((int) (6 * size + 20));
    }
  }
}
