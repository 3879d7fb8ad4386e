package io.millrace.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What producers promise and how they compress: the same options in every command that writes.
 *
 * <p>Owner: the command's thread.
 */
public final class WriteOptions {
  /** The producer's own names for its codecs. */
  enum Compression {
    NONE,
    GZIP,
    SNAPPY,
    LZ4,
    ZSTD
  }

  private static final List<String> ACKS_ALL = List.of("all", "-1");

  @Spec(Spec.Target.MIXEE)
  CommandSpec mixee;

  @Option(
      names = {"-a", "--acks"},
      paramLabel = "ACKS",
      defaultValue = "all",
      description = "all, 1 or 0. Default: ${DEFAULT-VALUE}.")
  String acks = "all";

  @Option(
      names = {"-z", "--compression"},
      paramLabel = "CODEC",
      defaultValue = "none",
      description = "none, gzip, snappy, lz4 or zstd. Default: ${DEFAULT-VALUE}.")
  Compression compression = Compression.NONE;

  /**
   * Settings of the producer, for the caller to add to.
   *
   * @throws CommandLine.ParameterException when acks is none of the three
   */
  public Map<String, Object> settings() {
    boolean all = ACKS_ALL.contains(acks);
    if (!all && !List.of("0", "1").contains(acks)) {
      throw new CommandLine.ParameterException(
          mixee.commandLine(), "--acks must be all, 1 or 0: '" + acks + "'");
    }
    Map<String, Object> settings = new HashMap<>();
    settings.put("acks", acks);
    settings.put("enable.idempotence", all);
    settings.put("compression.type", compression.name().toLowerCase(Locale.ROOT));
    return settings;
  }
}
