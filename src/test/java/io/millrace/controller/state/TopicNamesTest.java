package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicNamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "A-9_.z", "...", "-", "__consumer_offsets"})
  void shouldAcceptName(String name) {
    assertThat(TopicNames.invalidBecause(name)).isNull();
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(strings = {".", "..", "a b", "a/b", "ä", "a\u0000", "a:b", "a,b"})
  void shouldRefuseName(String name) {
    assertThat(TopicNames.invalidBecause(name)).startsWith("Topic name is invalid");
  }

  @Test
  void shouldBoundTheLength() {
    assertThat(TopicNames.invalidBecause("x".repeat(249))).isNull();
    assertThat(TopicNames.invalidBecause("x".repeat(250))).contains("250").contains("249");
  }
}
