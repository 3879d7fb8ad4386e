package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KeyValidationTest {
  @Test
  void shouldAcceptConfigsOfATopic() {
    assertThat(TopicKeys.validate(Map.of("retention.ms", "-1", "cleanup.policy", "compact")))
        .isEmpty();
  }

  @Test
  void shouldNameKeyValueAndRangeOfARefusal() {
    assertThat(TopicKeys.validate(Map.of("retention.ms", "-5")))
        .get()
        .asString()
        .contains("retention.ms", "-5", "at least -1");
  }

  @Test
  void shouldRefuseUnknownConfigsOfATopic() {
    assertThat(TopicKeys.validate(Map.of("no.such.key", "1")))
        .contains("Unknown topic config name: no.such.key");
  }

  @Test
  void shouldRefuseNullForATopic() {
    assertThat(TopicKeys.validate(Collections.singletonMap("retention.ms", null)))
        .contains("Null value not supported for topic configs: retention.ms");
  }

  @Test
  void shouldRefuseLagsThatExcludeEachOther() {
    assertThat(
            TopicKeys.validate(Map.of("min.compaction.lag.ms", "10", "max.compaction.lag.ms", "5")))
        .isPresent();
    assertThat(
            TopicKeys.validate(
                Map.of("min.compaction.lag.ms", "10"),
                Settings.of(Map.of("log.cleaner.max.compaction.lag.ms", "5"))))
        .isPresent();
  }

  @Test
  void shouldRefuseTieredStorage() {
    assertThat(TopicKeys.validate(Map.of("remote.storage.enable", "true"))).isPresent();
    assertThat(TopicKeys.validate(Map.of("remote.storage.enable", "false"))).isEmpty();
  }

  @Test
  void shouldAlterLogDefaultsOfBrokers() {
    assertThat(NodeKeys.validateDynamic(Map.of("log.retention.ms", "1000"), false)).isEmpty();
    assertThat(NodeKeys.validateDynamic(Map.of("log.retention.ms", "1000"), true)).isEmpty();
  }

  @Test
  void shouldCordonAllDirectoriesOrSome() {
    String key = "cordoned.log.dirs";
    assertThat(NodeKeys.validateDynamic(Map.of(key, ""), true)).isEmpty();
    assertThat(NodeKeys.validateDynamic(Map.of(key, "*"), true)).isEmpty();
    assertThat(NodeKeys.validateDynamic(Map.of(key, "/a,/b"), true)).isEmpty();
    assertThat(NodeKeys.validateDynamic(Map.of(key, "*,/a"), true))
        .get()
        .asString()
        .contains("or * alone");
  }

  @Test
  void shouldRefuseToAlterReadOnlyConfigsOfBrokers() {
    assertThat(NodeKeys.validateDynamic(Map.of("log.dirs", "/x"), true))
        .get()
        .asString()
        .contains("Cannot update log.dirs");
  }

  @Test
  void shouldRefuseBadAndUnknownDynamicConfigs() {
    assertThat(NodeKeys.validateDynamic(Map.of("log.segment.bytes", "1"), false)).isPresent();
    assertThat(NodeKeys.validateDynamic(Map.of("no.such.key", "1"), false)).isPresent();
    assertThat(NodeKeys.validateDynamic(Collections.singletonMap("log.segment.bytes", null), false))
        .isPresent();
  }
}
