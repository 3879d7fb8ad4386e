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
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code bench latency}: one record at a time, so that nothing queues and what is left is the way
 * there and back.
 */
@Command(
    name = "latency",
    description = {
      "Send one record at a time and measure until it is acknowledged and until a waiting consumer"
          + " has it.",
      "Producers do not linger here unless told to."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace bench latency",
      "  millrace bench latency --records 20000 --acks 1 --output json"
    })
public final class BenchLatencyCommand extends MeasureCommand {
  private static final Duration LONGEST_WARM_UP = Duration.ofSeconds(5);

  @Option(
      names = {"-n", "--records"},
      paramLabel = "N",
      defaultValue = "10000",
      description = "How many. Default: ${DEFAULT-VALUE}.")
  long records = 10_000;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "2000",
      description =
          "Records before the measurement, for five seconds at most. Default: ${DEFAULT-VALUE}.")
  long warmUp = 2_000;

  public BenchLatencyCommand(CliContext context) {
    super(context, 0);
  }

  @Override
  void check() {
    if (records < 1 || warmUp < 0) {
      throw usage("--records must be at least 1, --warm-up at least 0");
    }
  }

  @Override
  @SuppressWarnings("try") // closing is all that is done to a waking
  BenchResult measure(List<TopicPartition> partitions, Map<String, Object> producing)
      throws InterruptedException, ExecutionException {
    TopicPartition partition = partitions.get(0);
    Map<String, Object> consuming = new HashMap<>();
    consuming.put("enable.auto.commit", false);
    consuming.put("auto.offset.reset", "earliest");
    try (Consumer<byte[], byte[]> consumer =
            context.clients().consumer(broker.settings(consuming));
        var waking = context.interruption().wakeBy(consumer::wakeup);
        Producer<byte[], byte[]> writer = context.clients().producer(producing)) {
      consumer.assign(List.of(partition));
      consumer.seekToEnd(List.of(partition));
      consumer.position(partition);
      exchange(consumer, writer, partition, warmUp, LONGEST_WARM_UP, "warm-up");
      return exchange(consumer, writer, partition, records, null, "latency");
    }
  }

  /** Exchanges {@code count} records; fewer if that takes too long, null = it may. */
  private BenchResult exchange(
      Consumer<byte[], byte[]> consumer,
      Producer<byte[], byte[]> writer,
      TopicPartition partition,
      long count,
      Duration longest,
      String name)
      throws InterruptedException, ExecutionException {
    Payload payload = payload();
    Progress progress = progress(name, count);
    Latencies acks = new Latencies();
    Latencies ends = new Latencies();
    long begin = System.nanoTime();
    long done = 0;
    for (long i = 0; i < count; i++) {
      if (longest != null && System.nanoTime() - begin >= longest.toNanos()) {
        break;
      }
      if (context.interruption().begun()) {
        throw new WakeupException();
      }
      var record =
          new ProducerRecord<byte[], byte[]>(
              partition.topic(), partition.partition(), null, payload.value(i));
      long start = System.nanoTime();
      // The callback runs at the acknowledgement; the future wakes this thread only later.
      long[] acknowledged = new long[1];
      var sent = writer.send(record, (metadata, e) -> acknowledged[0] = System.nanoTime());
      var batch = consumer.poll(Duration.ofMillis(broker.timeoutMs()));
      long received = System.nanoTime();
      sent.get();
      acks.recordNanos(acknowledged[0] - start);
      if (batch.isEmpty()) {
        throw new CommandFailure(
            ExitCode.FAILED, "record " + i + " was acknowledged, but no consumer received it");
      }
      ends.recordNanos(received - start);
      done++;
      progress.update(done, done * producer.recordSize);
    }
    progress.end();
    Map<String, Latencies> latencies = new LinkedHashMap<>();
    latencies.put("ack latency", acks);
    latencies.put("end to end latency", ends);
    return new BenchResult(
        name, done, done * producer.recordSize, System.nanoTime() - begin, latencies);
  }
}
