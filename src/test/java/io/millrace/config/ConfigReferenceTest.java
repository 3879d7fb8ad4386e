package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigReferenceTest {
  private static final Path PAGE = Path.of("docs", "configuration.md");
  private static final Path SAMPLE = Path.of("conf", "millrace.properties");

  @Test
  void shouldHaveAnUpToDateReferencePage() throws IOException {
    if (Boolean.getBoolean("regenerate")) {
      Files.writeString(PAGE, ConfigReference.text());
    }

    assertThat(Files.readString(PAGE))
        .as("mvn -q test -Dtest=ConfigReferenceTest -Dregenerate=true writes the page anew")
        .isEqualTo(ConfigReference.text());
  }

  @Test
  void shouldKnowEveryKeyThatIsDeclared() throws IllegalAccessException {
    for (Class<?> keys :
        List.of(
            NodeKeys.class,
            ListenerKeys.class,
            LogDirKeys.class,
            LogKeys.class,
            GroupKeys.class,
            CleanerKeys.class,
            ScrubKeys.class,
            QuotaKeys.class,
            ConsumerGroupKeys.class,
            ControllerKeys.class,
            ClusterKeys.class,
            ReplicaKeys.class,
            TelemetryKeys.class)) {
      for (Field field : keys.getFields()) {
        if (field.getType() == ConfigKey.class) {
          assertThat(NodeKeys.all()).as(field.getName()).contains((ConfigKey<?>) field.get(null));
        }
      }
    }
  }

  @Test
  void shouldDescribeEveryKeyOnce() {
    String page = ConfigReference.text();

    for (ConfigKey<?> key : NodeKeys.all()) {
      assertThat(key.section()).as(key.name()).isNotEmpty();
      assertThat(page).contains("| `" + key.name() + "` |");
    }
  }

  @Test
  void shouldLoadTheSampleWithoutAWarning() throws IOException {
    assertThat(SettingsLoader.load(SAMPLE, Map.of(), List.of()).warnings()).isEmpty();
  }

  @Test
  void shouldOfferOnlyGoodValuesInTheSample() throws IOException {
    List<String> assignments = new ArrayList<>();
    for (String line : Files.readAllLines(SAMPLE)) {
      if (line.matches("#[a-z.]+=.*")) {
        assignments.add(line.substring(1));
      }
    }

    assertThat(assignments).hasSizeGreaterThan(15);
    assertThat(SettingsLoader.load(null, Map.of(), assignments).warnings()).isEmpty();
  }
}
