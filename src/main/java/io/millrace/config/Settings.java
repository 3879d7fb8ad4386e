package io.millrace.config;

import io.millrace.config.ConfigEntry.ConfigSynonym;
import io.millrace.config.ConfigKey.Scope;
import io.millrace.config.ConfigKey.Synonym;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Parsed values of configuration keys in layers, the most specific first: topic, broker, all
 * brokers, file (with environment and command line), defaults. Built once at start for the node;
 * derived for each topic by laying the topic's own configs over the node's. A component reads what
 * it needs once and keeps it in a small record of its own; {@link #get} is a few map look-ups.
 *
 * <p>Owner: immutable.
 */
public final class Settings {
  private static final Logger LOG = LoggerFactory.getLogger(Settings.class);
  private static final Settings DEFAULTS = new Settings(List.of());

  /** Explicit values of one source, parsed. */
  private record Layer(ConfigSource source, Map<String, Object> values) {}

  private record Found(ConfigKey<?> key, ConfigSource source, Object raw, Object converted) {}

  /** In the order of {@link ConfigSource}; absent when nothing is set there. */
  private final List<Layer> layers;

  private Settings(List<Layer> layers) {
    this.layers = List.copyOf(layers);
  }

  /** Nothing is set. */
  public static Settings defaults() {
    return DEFAULTS;
  }

  /**
   * A node's static settings.
   *
   * @throws ConfigurationException with all problems, if a key is unknown or a value not allowed
   */
  public static Settings of(Map<String, String> values) {
    return DEFAULTS.withStatic(values);
  }

  /**
   * These settings with further static values over the present ones: what was found out at start,
   * such as a generated {@code node.id}.
   *
   * @throws ConfigurationException with all problems, if a key is unknown or a value not allowed
   */
  public Settings withStatic(Map<String, String> values) {
    List<String> problems = new ArrayList<>();
    Map<String, Object> parsed = new HashMap<>();
    layers.stream()
        .filter(layer -> layer.source == ConfigSource.STATIC_BROKER_CONFIG)
        .forEach(layer -> parsed.putAll(layer.values));
    values.forEach(
        (name, text) -> {
          ConfigKey<?> key = NodeKeys.find(name);
          if (key == null) {
            problems.add("Unknown configuration " + name);
            return;
          }
          try {
            parsed.put(name, key.parse(text));
          } catch (IllegalArgumentException e) {
            problems.add(e.getMessage());
          }
        });
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return with(new Layer(ConfigSource.STATIC_BROKER_CONFIG, parsed));
  }

  /**
   * These settings with the dynamic broker configs of the cluster's metadata in place of the
   * present ones. They were checked when they were committed; what this version does not know or
   * accept is skipped with a warning.
   */
  public Settings withDynamic(Map<String, String> allBrokers, Map<String, String> thisBroker) {
    return with(new Layer(
            ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, committed(Scope.NODE, allBrokers)))
        .with(new Layer(ConfigSource.DYNAMIC_BROKER_CONFIG, committed(Scope.NODE, thisBroker)));
  }

  /**
   * The settings of a topic: its own configs over the node's. What this version does not know or
   * accept is skipped with a warning.
   */
  public Settings forTopic(Map<String, String> overrides) {
    return with(new Layer(ConfigSource.DYNAMIC_TOPIC_CONFIG, committed(Scope.TOPIC, overrides)));
  }

  private static Map<String, Object> committed(Scope scope, Map<String, String> texts) {
    Map<String, Object> parsed = new HashMap<>();
    texts.forEach(
        (name, text) -> {
          ConfigKey<?> key = scope == Scope.TOPIC ? TopicKeys.find(name) : NodeKeys.find(name);
          if (key == null) {
            LOG.warn("Ignoring the unknown committed configuration {}", name);
            return;
          }
          try {
            parsed.put(name, key.parse(text));
          } catch (IllegalArgumentException e) {
            LOG.warn("Ignoring a committed configuration: {}", e.getMessage());
          }
        });
    return parsed;
  }

  private Settings with(Layer layer) {
    List<Layer> result = new ArrayList<>(layers);
    result.removeIf(old -> old.source == layer.source);
    if (!layer.values.isEmpty()) {
      int at = 0;
      while (at < result.size() && result.get(at).source.compareTo(layer.source) < 0) {
        at++;
      }
      result.add(at, layer);
    }
    return new Settings(result);
  }

  /**
   * The value of a key: the most specific explicit one of it or its synonyms, else the default.
   *
   * @return null only if the key has no default
   */
  public <T> T get(ConfigKey<T> key) {
    for (Layer layer : layers) {
      Optional<Found> found = candidates(key, layer).stream().findFirst();
      if (found.isPresent()) {
        @SuppressWarnings("unchecked") // parsed by the key or converted to its type
        T value = (T) found.get().converted;
        return value;
      }
    }
    return defaultOf(key);
  }

  private static <T> T defaultOf(ConfigKey<T> key) {
    if (key.defaultValue() != null) {
      return key.defaultValue();
    }
    for (Synonym<?, T> synonym : key.synonyms()) {
      Object value = defaultOf(synonym.key());
      if (value != null) {
        return synonym.convertObject(value);
      }
    }
    return null;
  }

  /** Whether the key or a synonym of it has an explicit value. */
  public boolean isSet(ConfigKey<?> key) {
    return layers.stream().anyMatch(layer -> !candidates(key, layer).isEmpty());
  }

  /** What this layer says for the key: by its own name, then by its synonyms. */
  private static <T> List<Found> candidates(ConfigKey<T> key, Layer layer) {
    boolean topicLayer = layer.source == ConfigSource.DYNAMIC_TOPIC_CONFIG;
    List<Found> result = List.of();
    if (topicLayer == (key.scope() == Scope.TOPIC)) {
      Object own = layer.values.get(key.name());
      if (own != null) {
        result = new ArrayList<>(2);
        result.add(new Found(key, layer.source, own, own));
      }
    }
    if (!topicLayer) {
      for (Synonym<?, T> synonym : key.synonyms()) {
        Object value = layer.values.get(synonym.key().name());
        if (value != null) {
          result = result.isEmpty() ? new ArrayList<>(2) : result;
          result.add(new Found(synonym.key(), layer.source, value, synonym.convertObject(value)));
        }
      }
    }
    return result;
  }

  /** The key's value with its source and all synonyms. */
  public <T> ConfigEntry describe(ConfigKey<T> key) {
    List<ConfigSynonym> synonyms = new ArrayList<>();
    for (Layer layer : layers) {
      candidates(key, layer).forEach(found -> synonyms.add(synonym(found.key, found)));
    }
    ConfigSource source =
        synonyms.isEmpty() ? ConfigSource.DEFAULT_CONFIG : synonyms.get(0).source();
    if (key.scope() == Scope.NODE) {
      addDefault(synonyms, key);
    }
    key.synonyms().forEach(synonym -> addDefault(synonyms, synonym.key()));
    T value = get(key);
    boolean readOnly =
        key.scope() == Scope.NODE && key.updateMode() == ConfigKey.UpdateMode.READ_ONLY;
    return new ConfigEntry(
        key,
        value == null || key.sensitive() ? null : key.format(value),
        source,
        readOnly,
        List.copyOf(synonyms));
  }

  private static ConfigSynonym synonym(ConfigKey<?> key, Found found) {
    return new ConfigSynonym(
        key.name(), key.sensitive() ? null : key.formatObject(found.raw), found.source);
  }

  private static <T> void addDefault(List<ConfigSynonym> synonyms, ConfigKey<T> key) {
    if (key.defaultValue() != null) {
      synonyms.add(
          new ConfigSynonym(
              key.name(),
              key.sensitive() ? null : key.format(key.defaultValue()),
              ConfigSource.DEFAULT_CONFIG));
    }
  }

  /**
   * All public keys of {@link NodeKeys}, and the internal ones that are set, by name:
   * DescribeConfigs of a broker.
   */
  public List<ConfigEntry> describeNode() {
    return describeAll(NodeKeys.all());
  }

  /**
   * All public keys of {@link TopicKeys}, and the internal ones that are set, by name:
   * DescribeConfigs of a topic. Call it on {@link #forTopic}.
   */
  public List<ConfigEntry> describeTopic() {
    return describeAll(TopicKeys.all());
  }

  private List<ConfigEntry> describeAll(Collection<ConfigKey<?>> keys) {
    List<ConfigEntry> entries = new ArrayList<>();
    for (ConfigKey<?> key : keys) {
      if (!key.internal() || isSet(key)) {
        entries.add(describe(key));
      }
    }
    return entries;
  }
}
