package io.millrace.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;

/**
 * Puts a node's settings together from the file, the environment and the command line, the later
 * ones stronger. Every problem is collected before the start is refused; what is unknown or has no
 * meaning here is a warning.
 *
 * <p>Owner: whoever starts the node.
 */
public final class SettingsLoader {
  private static final String PREFIX = "MILLRACE_";

  /** Read by scripts and images, not settings of the node. */
  private static final Set<String> NOT_SETTINGS =
      Set.of(
          "MILLRACE_BOOTSTRAP_SERVER",
          "MILLRACE_CONFIG",
          "MILLRACE_HEAP",
          "MILLRACE_HOME",
          "MILLRACE_JAR",
          "MILLRACE_JAVA",
          "MILLRACE_JVM_OPTS");

  /**
   * The outcome of {@link #load}.
   *
   * @param settings valid, alone and together
   * @param warnings one line each, to be logged
   *     <p>Owner: immutable.
   */
  public record Loaded(Settings settings, List<String> warnings) {}

  private final Map<String, String> values = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private SettingsLoader() {}

  /**
   * Reads all sources.
   *
   * @param file a properties file in UTF-8; null = none
   * @param environment as {@link System#getenv()}; {@code MILLRACE_…} variables count
   * @param assignments {@code key=value} of the command line
   * @throws ConfigurationException with all problems, if any value cannot be used
   * @throws IOException if the file cannot be read
   */
  public static Loaded load(
      Path file, Map<String, String> environment, Collection<String> assignments)
      throws IOException {
    return load(Map.of(), file, environment, assignments);
  }

  /** As the other, with values that count where no source gives one. */
  public static Loaded load(
      Map<String, String> weakest,
      Path file,
      Map<String, String> environment,
      Collection<String> assignments)
      throws IOException {
    SettingsLoader loader = new SettingsLoader();
    loader.values.putAll(weakest);
    if (file != null) {
      loader.readFile(file);
    }
    loader.readEnvironment(environment);
    loader.readAssignments(assignments);
    return loader.finish();
  }

  private void readFile(Path file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IllegalArgumentException e) {
      problems.add(file + " is not a properties file: " + e.getMessage());
    }
    for (String name : new TreeMap<>(properties).keySet().toArray(String[]::new)) {
      take(name, properties.getProperty(name), "in " + file);
    }
  }

  private void readEnvironment(Map<String, String> environment) {
    Map<String, ConfigKey<?>> known = new TreeMap<>();
    NodeKeys.all().forEach(key -> known.put(key.environmentName(), key));
    new TreeMap<>(environment)
        .forEach(
            (variable, value) -> {
              ConfigKey<?> key = known.get(variable);
              if (key != null) {
                take(key.name(), value, "in the environment variable " + variable);
              } else if (variable.startsWith(PREFIX) && !NOT_SETTINGS.contains(variable)) {
                warnings.add(
                    "Ignoring the environment variable " + variable + ": no setting has this name");
              }
            });
  }

  private void readAssignments(Collection<String> assignments) {
    for (String assignment : assignments) {
      int equals = assignment.indexOf('=');
      if (equals <= 0) {
        problems.add("Invalid --set " + assignment + "; allowed: key=value");
        continue;
      }
      take(
          assignment.substring(0, equals).trim(),
          assignment.substring(equals + 1),
          "given by --set");
    }
  }

  private void take(String name, String text, String where) {
    ConfigKey<?> key = NodeKeys.find(name);
    if (key == null) {
      warnings.add("Ignoring " + name + " (" + where + "): " + UnknownKeys.explain(name));
      return;
    }
    try {
      key.parse(text);
      values.put(name, text);
    } catch (IllegalArgumentException e) {
      problems.add(e.getMessage() + " (" + where + ")");
    }
  }

  private Loaded finish() {
    Settings settings = Settings.of(values);
    SettingsCheck check = SettingsCheck.of(settings);
    problems.addAll(check.problems());
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    warnings.addAll(check.warnings());
    return new Loaded(settings, List.copyOf(warnings));
  }
}
