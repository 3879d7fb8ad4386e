package io.millrace.cli.bench;

import io.millrace.cli.CliContext;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench produce}. */
@Command(
    name = "produce",
    description = "Write records and measure rate and acknowledgement latency.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace bench produce --records 1000000 --record-size 100",
      "  millrace bench produce --throughput 20000 --linger-ms 0   (at a steady rate)",
      "  millrace bench produce -p 12 --producers 4 -z lz4 --payload text",
      "",
      "As fast as possible, latency is mostly the producer's own queue: for the",
      "broker's use --throughput. It counts from when a record was due, so that stalls",
      "do not hide."
    })
public final class BenchProduceCommand extends MeasureCommand {
  @Option(
      names = {"-n", "--records"},
      paramLabel = "N",
      defaultValue = "1000000",
      description = "How many. Default: ${DEFAULT-VALUE}.")
  long records = 1_000_000;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      description = "Records written before the measurement. Default: a tenth, at most 100000.")
  Long warmUp;

  @Option(
      names = "--throughput",
      paramLabel = "N",
      description = "Records a second in all. Default: as many as possible.")
  double throughput;

  @Option(
      names = "--producers",
      paramLabel = "N",
      defaultValue = "1",
      description = "Producers at the same time. Default: ${DEFAULT-VALUE}.")
  int producers = 1;

  public BenchProduceCommand(CliContext context) {
    super(context, null);
  }

  @Override
  void check() {
    if (records < 1 || producers < 1) {
      throw usage("--records and --producers must be at least 1");
    }
  }

  @Override
  BenchResult measure(List<TopicPartition> partitions, Map<String, Object> producing)
      throws InterruptedException, ExecutionException {
    ProduceRun run = produceRun(producing);
    long first = warmUp == null ? Math.min(100_000, records / 10) : warmUp;
    if (first > 0) {
      run.run("warm-up", first, producers, throughput, progress("warm-up", first));
    }
    return run.run("produce", records, producers, throughput, progress("produce", records));
  }
}
