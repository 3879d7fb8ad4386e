package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicConfigLimitsTest {
  private final TopicConfigLimits limits =
      new TopicConfigLimits(
          List.of(
              "retention.ms=1000..5000",
              "retention.bytes=1000..",
              "max.message.bytes=..100",
              "min.cleanable.dirty.ratio=0.1..0.5",
              "cleanup.policy=delete|compact",
              "compression.type=zstd"));

  @ParameterizedTest
  @CsvSource({
    "retention.ms,1000,true",
    "retention.ms,5000,true",
    "retention.ms,999,false",
    "retention.ms,5001,false",
    "retention.ms,-1,false",
    "retention.bytes,-1,true",
    "retention.bytes,999,false",
    "max.message.bytes,100,true",
    "max.message.bytes,101,false",
    "max.message.bytes,soon,true",
    "min.cleanable.dirty.ratio,0.50,true",
    "min.cleanable.dirty.ratio,0.51,false",
    "min.cleanable.dirty.ratio,0.51d,false",
    "cleanup.policy,'compact, delete',true",
    "compression.type,gzip,false",
    "segment.ms,7,true"
  })
  void shouldAllowWhatLiesWithin(String key, String value, boolean allowed) {
    assertThat(limits.refusal(key, value).isEmpty()).isEqualTo(allowed);
  }

  @Test
  void shouldNameTheValueTheLimitAndTheSetting() {
    assertThat(limits.refusal("retention.ms", "7"))
        .hasValue(
            "retention.ms=7 is not within 1000..5000, as topic.config.limits of this cluster wants"
                + " it");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "retention.ms",
        "shoe=1..2",
        "retention.ms=5",
        "retention.ms=9..1",
        "retention.ms=.."
      })
  void shouldRefuseALimitThatMakesNoSense(String entry) {
    assertThatThrownBy(() -> TopicLimitKeys.TOPIC_CONFIG_LIMITS.parse(entry))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("topic.config.limits");
  }
}
