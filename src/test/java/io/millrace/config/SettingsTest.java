package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.config.ConfigEntry.ConfigSynonym;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
  @Test
  void shouldAnswerDefaultsWhenNothingIsSet() {
    Settings settings = Settings.defaults();

    assertThat(settings.get(NodeKeys.NUM_PARTITIONS)).isEqualTo(1);
    assertThat(settings.isSet(NodeKeys.NUM_PARTITIONS)).isFalse();
    assertThat(settings.get(NodeKeys.NODE_ID)).isNull();
  }

  @Test
  void shouldTakeTheDefaultOfASynonymWhenTheKeyHasNone() {
    assertThat(Settings.defaults().get(LogKeys.LOG_RETENTION_MS)).isEqualTo(604_800_000L);
    assertThat(Settings.defaults().get(LogDirKeys.LOG_DIRS)).containsExactly("data");
  }

  @Test
  void shouldPreferTheFinerUnitOfRetention() {
    Settings settings =
        Settings.of(Map.of("log.retention.hours", "2", "log.retention.minutes", "5"));

    assertThat(settings.get(LogKeys.LOG_RETENTION_MS)).isEqualTo(300_000L);
    assertThat(settings.forTopic(Map.of()).get(TopicKeys.RETENTION_MS)).isEqualTo(300_000L);
  }

  @Test
  void shouldTakeNoLimitThroughEveryUnit() {
    Settings settings = Settings.of(Map.of("log.retention.hours", "-1"));

    assertThat(settings.forTopic(Map.of()).get(TopicKeys.RETENTION_MS)).isEqualTo(-1L);
  }

  @Test
  void shouldLetTheTopicWinOverTheNode() {
    Settings topic =
        Settings.of(Map.of("log.segment.bytes", "2000000"))
            .forTopic(Map.of("segment.bytes", "3000000"));

    assertThat(topic.get(TopicKeys.SEGMENT_BYTES)).isEqualTo(3_000_000);
    assertThat(topic.get(LogKeys.LOG_SEGMENT_BYTES)).isEqualTo(2_000_000);
  }

  @Test
  void shouldLetADynamicSynonymWinOverTheStaticKey() {
    Settings settings =
        Settings.of(Map.of("log.retention.ms", "1000"))
            .withDynamic(Map.of("log.retention.ms", "2000"), Map.of("log.retention.ms", "3000"));

    assertThat(settings.get(LogKeys.LOG_RETENTION_MS)).isEqualTo(3000L);
    assertThat(settings.withDynamic(Map.of(), Map.of()).get(LogKeys.LOG_RETENTION_MS))
        .isEqualTo(1000L);
  }

  @Test
  void shouldTellNodeAndTopicKeysOfOneNameApart() {
    Settings topic = Settings.defaults().forTopic(Map.of("min.insync.replicas", "2"));

    assertThat(topic.get(TopicKeys.MIN_INSYNC_REPLICAS)).isEqualTo(2);
    assertThat(topic.get(LogKeys.MIN_INSYNC_REPLICAS)).isEqualTo(1);
  }

  @Test
  void shouldListAllSynonymsWithTheirSources() {
    ConfigEntry entry =
        Settings.of(Map.of("log.retention.minutes", "5"))
            .withDynamic(Map.of("log.retention.ms", "2000"), Map.of())
            .forTopic(Map.of("retention.ms", "1000"))
            .describe(TopicKeys.RETENTION_MS);

    assertThat(entry.value()).isEqualTo("1000");
    assertThat(entry.source()).isEqualTo(ConfigSource.DYNAMIC_TOPIC_CONFIG);
    assertThat(entry.synonyms())
        .containsExactly(
            new ConfigSynonym("retention.ms", "1000", ConfigSource.DYNAMIC_TOPIC_CONFIG),
            new ConfigSynonym(
                "log.retention.ms", "2000", ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG),
            new ConfigSynonym("log.retention.minutes", "5", ConfigSource.STATIC_BROKER_CONFIG),
            new ConfigSynonym("log.retention.hours", "168", ConfigSource.DEFAULT_CONFIG));
  }

  @Test
  void shouldNeverShowASecret() {
    Settings settings = Settings.of(Map.of("cluster.secret", "swordfish"));

    ConfigEntry entry = settings.describe(NodeKeys.CLUSTER_SECRET);

    assertThat(entry.value()).isNull();
    assertThat(entry.synonyms())
        .containsExactly(
            new ConfigSynonym("cluster.secret", null, ConfigSource.STATIC_BROKER_CONFIG));
    assertThat(settings.get(NodeKeys.CLUSTER_SECRET).value()).isEqualTo("swordfish");
    assertThat(settings.get(NodeKeys.CLUSTER_SECRET).toString()).doesNotContain("swordfish");
  }

  @Test
  void shouldShowInternalKeysOnlyWhenTheyAreSet() {
    Settings set = Settings.defaults().forTopic(Map.of("internal.segment.bytes", "1000"));

    assertThat(Settings.defaults().describeTopic())
        .extracting(e -> e.key().name())
        .hasSize(34)
        .doesNotContain("internal.segment.bytes");
    assertThat(set.describeTopic()).extracting(e -> e.key().name()).hasSize(35);
  }

  @Test
  void shouldReportAllProblemsAtOnce() {
    assertThatThrownBy(() -> Settings.of(Map.of("num.partitions", "0", "http.port", "x")))
        .isInstanceOfSatisfying(
            ConfigurationException.class,
            e ->
                assertThat(e.problems())
                    .hasSize(2)
                    .anyMatch(p -> p.contains("num.partitions") && p.contains("at least 1"))
                    .anyMatch(p -> p.contains("http.port") && p.contains("65535")));
  }

  @Test
  void shouldSkipCommittedConfigsThatThisVersionDoesNotAccept() {
    Settings topic =
        Settings.defaults().forTopic(Map.of("segment.bytes", "1", "from.the.future", "1"));

    assertThat(topic.get(TopicKeys.SEGMENT_BYTES)).isEqualTo(1 << 30);
  }

  @Test
  void shouldAddWhatWasFoundAtStart() {
    Settings settings =
        Settings.of(Map.of("num.partitions", "3")).withStatic(Map.of("node.id", "7"));

    assertThat(settings.get(NodeKeys.NODE_ID)).isEqualTo(7);
    assertThat(settings.get(NodeKeys.NUM_PARTITIONS)).isEqualTo(3);
    assertThat(settings.describe(NodeKeys.NODE_ID).source())
        .isEqualTo(ConfigSource.STATIC_BROKER_CONFIG);
  }

  @Test
  void shouldKeepListsInOrder() {
    assertThat(Settings.of(Map.of("log.dirs", "/b, /a")).get(LogDirKeys.LOG_DIRS))
        .isEqualTo(List.of("/b", "/a"));
  }
}
