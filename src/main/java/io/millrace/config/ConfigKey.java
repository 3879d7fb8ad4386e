package io.millrace.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * The one typed declaration of a setting: parsing, validation, documentation and DescribeConfigs
 * all come from it.
 *
 * <p>Owner: immutable.
 */
public final class ConfigKey<T> {
  /** Kafka's types of settings, with their ids in DescribeConfigs (KIP-569). */
  public enum Type {
    BOOLEAN(1, "boolean"),
    STRING(2, "string"),
    INT(3, "int"),
    SHORT(4, "short"),
    LONG(5, "long"),
    DOUBLE(6, "double"),
    LIST(7, "list"),
    CLASS(8, "class"),
    PASSWORD(9, "password");

    private final byte id;
    private final String text;

    Type(int id, String text) {
      this.id = (byte) id;
      this.text = text;
    }

    /** The id in DescribeConfigs responses. */
    public byte id() {
      return id;
    }

    /** The word of the reference page. */
    public String text() {
      return text;
    }
  }

  /** Whether and how a value can change while the node runs. */
  public enum UpdateMode {
    READ_ONLY("read-only"),
    PER_BROKER("per-broker"),
    CLUSTER_WIDE("cluster-wide");

    private final String text;

    UpdateMode(String text) {
      this.text = text;
    }

    /** The word of the reference page. */
    public String text() {
      return text;
    }
  }

  /** What a key belongs to. */
  public enum Scope {
    NODE,
    TOPIC
  }

  /**
   * Another key that gives this one its value when nothing more specific does.
   *
   * @param key the other key, always of the node
   * @param convert from its unit to this key's
   *     <p>Owner: immutable.
   */
  public record Synonym<S, T>(ConfigKey<S> key, Function<S, T> convert) {
    T convertObject(Object value) {
      @SuppressWarnings("unchecked") // parsed by key
      S typed = (S) value;
      return convert.apply(typed);
    }
  }

  private final String name;
  private final Type type;
  private final Scope scope;
  private final T defaultValue;
  private final String defaultText;
  private final String unit;
  private final Allowed<T> allowed;
  private final UpdateMode updateMode;
  private final List<Synonym<?, T>> synonyms;
  private final String section;
  private final String doc;
  private final boolean internal;

  private ConfigKey(Builder<T> builder) {
    this.name = builder.name;
    this.type = builder.type;
    this.scope = builder.scope;
    this.defaultValue = builder.defaultValue;
    this.defaultText = builder.defaultText;
    this.unit = builder.unit;
    this.allowed = builder.allowed;
    this.updateMode = builder.updateMode;
    this.synonyms = List.copyOf(builder.synonyms);
    this.section = builder.section;
    this.doc = Objects.requireNonNull(builder.doc, name);
    this.internal = builder.internal;
    if (defaultValue != null && !allowed.test().test(defaultValue)) {
      throw new IllegalStateException("The default of " + name + " is not allowed");
    }
  }

  public static Builder<Boolean> booleanKey(String name) {
    return new Builder<>(name, Type.BOOLEAN);
  }

  public static Builder<Integer> intKey(String name) {
    return new Builder<>(name, Type.INT);
  }

  public static Builder<Short> shortKey(String name) {
    return new Builder<>(name, Type.SHORT);
  }

  public static Builder<Long> longKey(String name) {
    return new Builder<>(name, Type.LONG);
  }

  public static Builder<Double> doubleKey(String name) {
    return new Builder<>(name, Type.DOUBLE);
  }

  public static Builder<String> stringKey(String name) {
    return new Builder<>(name, Type.STRING);
  }

  public static Builder<List<String>> listKey(String name) {
    return new Builder<>(name, Type.LIST);
  }

  public static Builder<Password> passwordKey(String name) {
    return new Builder<>(name, Type.PASSWORD);
  }

  /** Kafka's name where Kafka has the key. */
  public String name() {
    return name;
  }

  public Type type() {
    return type;
  }

  public Scope scope() {
    return scope;
  }

  /** Used when nothing is set, here or in a synonym; null = none of its own. */
  public T defaultValue() {
    return defaultValue;
  }

  /** The default as the reference page shows it. */
  public String defaultText() {
    if (defaultText != null) {
      return defaultText;
    }
    return defaultValue == null ? "none" : format(defaultValue);
  }

  /** Unit of the value, such as {@code ms} or {@code bytes}; empty = none. */
  public String unit() {
    return unit;
  }

  /** What is allowed, in words; empty = whatever the type can express. */
  public String allowedText() {
    return allowed.text();
  }

  public UpdateMode updateMode() {
    return updateMode;
  }

  /** Keys that stand in for this one, the strongest first. */
  public List<Synonym<?, T>> synonyms() {
    return synonyms;
  }

  /** Heading under which the reference page has the key. */
  public String section() {
    return section;
  }

  /** Markdown, one paragraph. */
  public String doc() {
    return doc;
  }

  /** Whether the value must never be shown. */
  public boolean sensitive() {
    return type == Type.PASSWORD;
  }

  /** Whether the key is left out of the reference page and of DescribeConfigs unless it is set. */
  public boolean internal() {
    return internal;
  }

  /** The environment variable that sets the key: {@code MILLRACE_LOG_RETENTION_HOURS}. */
  public String environmentName() {
    return "MILLRACE_" + name.toUpperCase(java.util.Locale.ROOT).replace('.', '_');
  }

  /**
   * Parses and checks a text.
   *
   * @throws IllegalArgumentException naming key, value and what is allowed
   */
  public T parse(String text) {
    T value;
    try {
      value = typed(text.trim());
    } catch (IllegalArgumentException e) {
      throw refused(text, "is not a " + type.text());
    }
    if (!allowed.test().test(value)) {
      throw refused(text, "is not allowed");
    }
    return value;
  }

  private IllegalArgumentException refused(String text, String why) {
    String range = allowed.text().isEmpty() ? "any " + type.text() : allowed.text();
    return new IllegalArgumentException(
        (text.isBlank()
                ? "Invalid empty value"
                : "Invalid value " + (sensitive() ? Password.HIDDEN : text))
            + " for configuration "
            + name
            + ": it "
            + why
            + (unit.isEmpty() ? "; allowed: " : "; allowed (" + unit + "): ")
            + range);
  }

  @SuppressWarnings("unchecked") // the static factories tie T to the type
  private T typed(String text) {
    return (T)
        switch (type) {
          case BOOLEAN -> parseBoolean(text);
          case INT -> Integer.valueOf(text);
          case SHORT -> Short.valueOf(text);
          case LONG -> Long.valueOf(text);
          case DOUBLE -> parseDouble(text);
          case LIST -> parseList(text);
          case PASSWORD -> new Password(text);
          case STRING, CLASS -> text;
        };
  }

  private static Boolean parseBoolean(String text) {
    if (text.equalsIgnoreCase("true")) {
      return Boolean.TRUE;
    }
    if (text.equalsIgnoreCase("false")) {
      return Boolean.FALSE;
    }
    throw new IllegalArgumentException(text);
  }

  private static Double parseDouble(String text) {
    Double value = Double.valueOf(text);
    if (value.isNaN()) {
      throw new IllegalArgumentException(text);
    }
    return value;
  }

  private static List<String> parseList(String text) {
    if (text.isEmpty()) {
      return List.of();
    }
    List<String> entries = new ArrayList<>();
    for (String entry : text.split(",", -1)) {
      entries.add(entry.trim());
    }
    return List.copyOf(entries);
  }

  /** The text that {@link #parse} takes back; a password in the clear. */
  public String format(T value) {
    if (value instanceof List<?> list) {
      List<String> entries = new ArrayList<>();
      list.forEach(entry -> entries.add(entry.toString()));
      return String.join(",", entries);
    }
    if (value instanceof Password password) {
      return password.value();
    }
    return value.toString();
  }

  String formatObject(Object value) {
    @SuppressWarnings("unchecked") // parsed by this key
    T typed = (T) value;
    return format(typed);
  }

  @Override
  public String toString() {
    return name;
  }

  /**
   * Collects a declaration.
   *
   * <p>Owner: whoever builds.
   */
  public static final class Builder<T> {
    private final String name;
    private final Type type;
    private Scope scope = Scope.NODE;
    private T defaultValue;
    private String defaultText;
    private String unit = "";
    private Allowed<T> allowed = Allowed.any();
    private UpdateMode updateMode = UpdateMode.READ_ONLY;
    private final List<Synonym<?, T>> synonyms = new ArrayList<>();
    private String section = "";
    private String doc;
    private boolean internal;

    private Builder(String name, Type type) {
      this.name = name;
      this.type = type;
    }

    Builder<T> topic() {
      scope = Scope.TOPIC;
      return this;
    }

    Builder<T> defaultsTo(T value) {
      defaultValue = value;
      return this;
    }

    /** What the reference page shows as default, when the value depends on the machine. */
    Builder<T> defaultShownAs(String text) {
      defaultText = text;
      return this;
    }

    Builder<T> unit(String text) {
      unit = text;
      return this;
    }

    Builder<T> allowed(Allowed<T> values) {
      allowed = values;
      return this;
    }

    /** Can change while the node runs, for one node only. */
    Builder<T> perBroker() {
      updateMode = UpdateMode.PER_BROKER;
      return this;
    }

    /** Can change while the node runs, for one node and for all. */
    Builder<T> clusterWide() {
      updateMode = UpdateMode.CLUSTER_WIDE;
      return this;
    }

    Builder<T> synonym(ConfigKey<T> key) {
      return synonym(key, value -> value);
    }

    <S> Builder<T> synonym(ConfigKey<S> key, Function<S, T> convert) {
      synonyms.add(new Synonym<>(key, convert));
      return this;
    }

    Builder<T> section(String heading) {
      section = heading;
      return this;
    }

    Builder<T> internal() {
      internal = true;
      return this;
    }

    Builder<T> doc(String text) {
      doc = text;
      return this;
    }

    ConfigKey<T> build() {
      return new ConfigKey<>(this);
    }
  }
}
