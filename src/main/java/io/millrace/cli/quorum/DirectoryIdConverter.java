package io.millrace.cli.quorum;

import org.apache.kafka.common.Uuid;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads a directory's id in Kafka's form, 22 characters.
 *
 * <p>Owner: any thread.
 */
final class DirectoryIdConverter implements ITypeConverter<Uuid> {
  @Override
  public Uuid convert(String text) {
    try {
      return Uuid.fromString(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("'" + text + "' is no id of 22 characters");
    }
  }
}
