package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;

/** Compares the declarations with those of Apache Kafka. */
class KafkaConformityTest {
  private static final List<String> SAMPLES =
      List.of(
          "",
          " ",
          "-3",
          "-2",
          "-1",
          "0",
          "1",
          " 1 ",
          "3",
          "4",
          "9",
          "10",
          "17",
          "18",
          "22",
          "23",
          "1.0",
          "0.5",
          "1.1",
          "NaN",
          "1048575",
          "1048576",
          "2147483647",
          "2147483648",
          "9223372036854775807",
          "9223372036854775808",
          "-131072",
          "-131073",
          "true",
          "FALSE",
          "yes",
          "delete",
          "compact",
          "delete,compact",
          "delete , compact",
          "delete,delete",
          "delete,,compact",
          "DELETE",
          "none",
          "producer",
          "uncompressed",
          "gzip",
          "ZSTD",
          "CreateTime",
          "LogAppendTime",
          "createtime",
          "*",
          "0:1",
          "0:1,1:2",
          "0:1,1",
          "a:b",
          "NONE");

  /**
   * The places of the data are ours; streams groups are not served; heartbeats are cheap here, so a
   * broker is missed sooner.
   */
  private static final Set<String> OWN_DEFAULTS =
      Set.of(
          "log.dir",
          "num.network.threads",
          "group.coordinator.rebalance.protocols",
          "broker.session.timeout.ms");

  /** Kafka keeps these as text and checks them later. */
  private static final Set<String> OWN_TYPES =
      Set.of("listener.security.protocol.map", "max.connections.per.ip.overrides");

  /** Kafka has not got them; the first one has its name from KIP-966. */
  private static final Set<String> OWN_KEYS =
      Set.of(
          "unclean.recovery.strategy",
          "topic.config.limits",
          "topic.partitions.max",
          "cluster.partitions.max",
          "log.scrub.enable",
          "log.scrub.interval.ms",
          "log.scrub.io.max.bytes.per.second");

  private static List<ConfigKey<?>> topicKeysOfKafka() {
    List<ConfigKey<?>> keys = new ArrayList<>(TopicKeys.all());
    keys.removeIf(key -> OWN_KEYS.contains(key.name()));
    return keys;
  }

  private static boolean accepts(ConfigKey<?> key, String text) {
    try {
      key.parse(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean kafkaAccepts(ConfigDef.ConfigKey key, String text) {
    try {
      Object value = ConfigDef.parseType(key.name, text, key.type);
      if (key.validator != null) {
        key.validator.ensureValid(key.name, value);
      }
      return true;
    } catch (ConfigException e) {
      return false;
    }
  }

  @Test
  void shouldHaveAllKeysOfTopics() {
    Set<String> kafka = new TreeSet<>(LogConfig.configDefCopy().names());

    assertThat(topicKeysOfKafka()).extracting(ConfigKey::name).containsExactlyElementsOf(kafka);
  }

  @Test
  void shouldHaveTheTypesAndDefaultsOfTopics() {
    Map<String, ConfigDef.ConfigKey> kafka = LogConfig.configDefCopy().configKeys();

    for (ConfigKey<?> key : topicKeysOfKafka()) {
      assertThat(key.type()).hasToString(kafka.get(key.name()).type.toString());
      assertThat(key.defaultValue()).as(key.name()).isEqualTo(kafka.get(key.name()).defaultValue);
    }
  }

  @Test
  void shouldAcceptForTopicsWhatKafkaAccepts() {
    Map<String, ConfigDef.ConfigKey> kafka = LogConfig.configDefCopy().configKeys();
    List<String> differences = new ArrayList<>();

    for (ConfigKey<?> key : topicKeysOfKafka()) {
      for (String sample : SAMPLES) {
        // A ratio that is not a number compares with nothing.
        boolean theirs = kafkaAccepts(kafka.get(key.name()), sample) && !sample.equals("NaN");
        if (accepts(key, sample) != theirs) {
          differences.add(key + "='" + sample + "' is accepted by Kafka: " + theirs);
        }
      }
    }

    assertThat(differences).isEmpty();
  }

  @Test
  void shouldHaveTheSynonymsOfTopics() {
    for (ConfigKey<?> key : topicKeysOfKafka()) {
      List<String> kafka =
          ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS
              .getOrDefault(key.name(), List.of())
              .stream()
              .map(synonym -> synonym.name())
              .filter(name -> !name.startsWith("log.local."))
              .toList();

      assertThat(key.synonyms()).extracting(s -> s.key().name()).as(key.name()).isEqualTo(kafka);
    }
  }

  @Test
  void shouldHaveTheTypesAndDefaultsOfBrokers() {
    Map<String, ConfigDef.ConfigKey> kafka = AbstractKafkaConfig.CONFIG_DEF.configKeys();
    int shared = 0;

    for (ConfigKey<?> key : NodeKeys.all()) {
      ConfigDef.ConfigKey theirs = kafka.get(key.name());
      if (theirs == null) {
        continue;
      }
      shared++;
      if (!OWN_TYPES.contains(key.name())) {
        assertThat(key.type()).as(key.name()).hasToString(theirs.type.toString());
      }
      boolean comparable =
          theirs.defaultValue != ConfigDef.NO_DEFAULT_VALUE
              && key.defaultValue() != null
              && !OWN_DEFAULTS.contains(key.name())
              && !OWN_TYPES.contains(key.name());
      if (comparable) {
        assertThat(key.defaultValue()).as(key.name()).isEqualTo(theirs.defaultValue);
      }
    }

    assertThat(shared).isGreaterThan(60);
  }

  @Test
  void shouldAcceptNothingForBrokersThatKafkaRefuses() {
    Map<String, ConfigDef.ConfigKey> kafka = AbstractKafkaConfig.CONFIG_DEF.configKeys();
    List<String> differences = new ArrayList<>();

    for (ConfigKey<?> key : NodeKeys.all()) {
      ConfigDef.ConfigKey theirs = kafka.get(key.name());
      for (String sample : SAMPLES) {
        // Kafka's node.id has no "generated", its controllers always have a listener.
        boolean generated =
            (key == NodeKeys.NODE_ID && sample.equals("-1"))
                || (key == ListenerKeys.CONTROLLER_LISTENER_NAMES && sample.isBlank());
        if (theirs != null && !generated && accepts(key, sample) && !kafkaAccepts(theirs, sample)) {
          differences.add(key + "='" + sample + "'");
        }
      }
    }

    assertThat(differences).isEmpty();
  }

  @Test
  void shouldAlterWhileRunningOnlyWhatKafkaCan() {
    Map<String, String> kafka = DynamicBrokerConfig.dynamicConfigUpdateModes();

    for (ConfigKey<?> key : NodeKeys.all()) {
      if (key.updateMode() != ConfigKey.UpdateMode.READ_ONLY && !OWN_KEYS.contains(key.name())) {
        assertThat(key.updateMode().text()).as(key.name()).isEqualTo(kafka.get(key.name()));
      }
    }
  }

  @Test
  void shouldSayWhyASettingThatKafkaCanAlterIsMissing() {
    for (String name : DynamicBrokerConfig.dynamicConfigUpdateModes().keySet()) {
      if (NodeKeys.find(name) == null) {
        assertThat(UnknownKeys.explain(name))
            .as(name)
            .doesNotContain("Millrace has no such setting;")
            .isNotEqualTo("Millrace has no such setting");
      }
    }
  }

  @Test
  void shouldHaveKafkasIds() {
    for (ConfigSource source : ConfigSource.values()) {
      String name = source == ConfigSource.DYNAMIC_TOPIC_CONFIG ? "TOPIC_CONFIG" : source.name();
      assertThat(source.id())
          .isEqualTo(
              org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource.valueOf(name)
                  .id());
    }
    for (ConfigKey.Type type : ConfigKey.Type.values()) {
      assertThat(type.id())
          .isEqualTo(
              org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType.valueOf(
                      type.name())
                  .id());
    }
  }
}
