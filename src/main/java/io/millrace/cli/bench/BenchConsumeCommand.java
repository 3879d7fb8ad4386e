package io.millrace.cli.bench;

import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench consume}. */
@Command(
    name = "consume",
    description = {
      "Read records and measure the rate, and how long a reader waits for the next ones.",
      "Without --topic it first fills a topic of its own."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace bench consume --records 5000000 --record-size 100",
      "  millrace bench consume --topic orders --records 1000000"
    })
public final class BenchConsumeCommand extends MeasureCommand {
  @Option(
      names = {"-n", "--records"},
      paramLabel = "N",
      defaultValue = "1000000",
      description =
          "How many to read; fewer if a given topic has fewer. Default: ${DEFAULT-VALUE}.")
  long records = 1_000_000;

  @Option(
      names = "--fetch-bytes",
      paramLabel = "BYTES",
      description = "At most for each partition and fetch. Default: the client's, 1048576.")
  Integer fetchBytes;

  public BenchConsumeCommand(CliContext context) {
    super(context, null);
  }

  @Override
  void check() {
    if (records < 1) {
      throw usage("--records must be at least 1: " + records);
    }
  }

  @Override
  BenchResult measure(List<TopicPartition> partitions, Map<String, Object> producing)
      throws InterruptedException, ExecutionException {
    if (!topic.isGiven()) {
      produceRun(producing).run("fill", records, 1, 0, progress("fill", records));
    }
    return read(partitions);
  }

  @SuppressWarnings("try") // closing is all that is done to a waking
  private BenchResult read(List<TopicPartition> partitions) {
    Map<String, Object> defaults = new HashMap<>();
    defaults.put("enable.auto.commit", false);
    defaults.put("auto.offset.reset", "earliest");
    defaults.put("max.poll.records", 5_000);
    if (fetchBytes != null) {
      defaults.put("max.partition.fetch.bytes", fetchBytes);
    }
    try (Consumer<byte[], byte[]> consumer = context.clients().consumer(broker.settings(defaults));
        var waking = context.interruption().wakeBy(consumer::wakeup)) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long available = 0;
      Map<TopicPartition, Long> starts = consumer.beginningOffsets(partitions);
      for (var end : consumer.endOffsets(partitions).entrySet()) {
        available += end.getValue() - starts.get(end.getKey());
      }
      long wanted = Math.min(records, available);
      if (wanted == 0) {
        throw new CommandFailure(ExitCode.FAILED, "topic " + topic.name() + " is empty");
      }
      return read(consumer, wanted);
    }
  }

  /** Offsets can outnumber records (compaction, transactions), so silence ends it as well. */
  private BenchResult read(Consumer<byte[], byte[]> consumer, long wanted) {
    Progress progress = progress("consume", wanted);
    Latencies waits = new Latencies();
    long count = 0;
    long bytes = 0;
    long start = System.nanoTime();
    long first = 0;
    long last = start;
    while (count < wanted) {
      long asked = System.nanoTime();
      var batch = consumer.poll(Duration.ofMillis(broker.timeoutMs()));
      last = System.nanoTime();
      if (batch.isEmpty()) {
        break;
      }
      first = first == 0 ? last : first;
      waits.recordNanos(last - asked);
      for (ConsumerRecord<byte[], byte[]> record : batch) {
        bytes +=
            Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize());
      }
      count += batch.count();
      progress.update(count, bytes);
    }
    progress.end();
    Latencies toFirst = new Latencies();
    if (first != 0) {
      toFirst.recordNanos(first - start);
    }
    Map<String, Latencies> latencies = new LinkedHashMap<>();
    latencies.put("wait for next records", waits);
    latencies.put("first records", toFirst);
    return new BenchResult("consume", count, bytes, last - start, latencies);
  }
}
