package io.millrace.cli.bench;

import io.millrace.cli.CliContext;
import io.millrace.cli.ClientCommand;
import io.millrace.cli.ExitCode;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.WriteOptions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import picocli.CommandLine.Mixin;

/**
 * A command that measures a broker on a topic, and prints what it found.
 *
 * <p>Owner: the command's thread.
 */
abstract class MeasureCommand extends ClientCommand {
  @Mixin BenchTopic topic;
  @Mixin WriteOptions write;
  @Mixin ProducerOptions producer;
  @Mixin OutputOptions output;

  private final Integer lingerDefault;

  /**
   * Prepares a measurement.
   *
   * @param lingerDefault of producers, in ms; null = the client's
   */
  MeasureCommand(CliContext context, Integer lingerDefault) {
    super(context);
    this.lingerDefault = lingerDefault;
  }

  @Override
  public final Integer call() throws InterruptedException, ExecutionException {
    check();
    Map<String, Object> defaults = write.settings();
    defaults.putAll(producer.settings(lingerDefault));
    Map<String, Object> producing = broker.settings(defaults);
    broker.checkReachable();
    context.interruption().endInOrder();
    try {
      List<TopicPartition> partitions = topic.open(context, broker.settings(Map.of()));
      measure(partitions, producing).print(context.terminal(), output.format());
    } catch (WakeupException e) {
      // A signal, which decides on the exit code.
      return ExitCode.OK;
    } finally {
      topic.close(context, broker.settings(Map.of()));
    }
    return ExitCode.OK;
  }

  /** Refuses what makes no sense, before anybody is asked: see {@link #usage}. */
  abstract void check();

  /**
   * Measures.
   *
   * @param partitions of the topic
   * @param producing settings of producers
   * @throws WakeupException when a signal has come; nothing is written to the topic any more then
   */
  abstract BenchResult measure(List<TopicPartition> partitions, Map<String, Object> producing)
      throws InterruptedException, ExecutionException;

  final Progress progress(String label, long total) {
    return new Progress(context.terminal(), label, total);
  }

  /** Writes to the topic, by producers with these settings. */
  final ProduceRun produceRun(Map<String, Object> producing) {
    return new ProduceRun(
        () -> context.clients().producer(producing),
        topic.name(),
        payload(),
        producer.recordSize,
        context.interruption());
  }

  final Payload payload() {
    return new Payload(producer.payload, producer.recordSize);
  }
}
