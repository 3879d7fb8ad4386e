package io.millrace.cli.configs;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigResource;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What has settings. */
public enum EntityType {
  TOPIC(ConfigResource.Type.TOPIC),
  BROKER(ConfigResource.Type.BROKER),
  /** The default of all brokers; the only one without a name. */
  CLUSTER(ConfigResource.Type.BROKER),
  GROUP(ConfigResource.Type.GROUP),
  LOGGER(ConfigResource.Type.BROKER_LOGGER),
  CLIENT_METRICS(ConfigResource.Type.CLIENT_METRICS);

  private final ConfigResource.Type type;

  EntityType(ConfigResource.Type type) {
    this.type = type;
  }

  ConfigResource.Type type() {
    return type;
  }

  /** The word of the command line. */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The type of what a cluster has listed; null = a newer one. */
  static EntityType of(ConfigResource.Type type) {
    return Arrays.stream(values())
        .filter(each -> each.type == type && each != CLUSTER)
        .findFirst()
        .orElse(null);
  }

  /** Reads the word of the command line. */
  static final class Converter implements ITypeConverter<EntityType> {
    @Override
    public EntityType convert(String word) {
      for (EntityType each : values()) {
        if (each.word().equals(word)) {
          return each;
        }
      }
      throw new TypeConversionException(
          "'"
              + word
              + "' is no type; allowed: "
              + Arrays.stream(values()).map(EntityType::word).collect(Collectors.joining(", ")));
    }
  }
}
