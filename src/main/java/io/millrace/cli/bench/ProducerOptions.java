package io.millrace.cli.bench;

import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What the measured producers write, and how they batch it.
 *
 * <p>Owner: the command's thread.
 */
final class ProducerOptions {
  @Spec(Spec.Target.MIXEE)
  CommandSpec mixee;

  @Option(
      names = {"-s", "--record-size"},
      paramLabel = "BYTES",
      defaultValue = "1000",
      description = "Of each value. Default: ${DEFAULT-VALUE}.")
  int recordSize = 1000;

  @Option(
      names = "--linger-ms",
      paramLabel = "MS",
      description =
          "How long a batch waits for more records. Default: the client's, 5; bench latency: 0.")
  Integer lingerMs;

  @Option(
      names = "--batch-size",
      paramLabel = "BYTES",
      description = "Default: the client's, 16384.")
  Integer batchSize;

  @Option(
      names = "--payload",
      paramLabel = "KIND",
      defaultValue = "random",
      description = "random or text, which compresses. Default: ${DEFAULT-VALUE}.")
  Payload.Kind payload = Payload.Kind.RANDOM;

  /** Settings of the producer; {@code lingerDefault} null = the client's. */
  Map<String, Object> settings(Integer lingerDefault) {
    if (recordSize < 0) {
      throw new CommandLine.ParameterException(
          mixee.commandLine(), "--record-size must not be negative: " + recordSize);
    }
    Map<String, Object> settings = new HashMap<>();
    Integer linger = lingerMs == null ? lingerDefault : lingerMs;
    if (linger != null) {
      settings.put("linger.ms", linger);
    }
    if (batchSize != null) {
      settings.put("batch.size", batchSize);
    }
    // A saturated producer queues for seconds before a record even leaves.
    settings.put("delivery.timeout.ms", 120_000);
    settings.put("request.timeout.ms", 30_000);
    settings.put("max.block.ms", 60_000);
    return settings;
  }
}
