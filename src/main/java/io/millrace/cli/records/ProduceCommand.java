package io.millrace.cli.records;

import io.millrace.cli.CliContext;
import io.millrace.cli.ClientCommand;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.Failures;
import io.millrace.cli.WriteOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code produce}: each line of standard input becomes a record. All that it reports as written is
 * acknowledged by the broker as {@code --acks} asks.
 *
 * <p>Owner: the command's thread; the producer's thread only leaves a failure.
 */
@Command(
    name = "produce",
    description = "Write lines of standard input as records.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  echo hello | millrace produce orders",
      "  millrace produce orders --key-separator : < lines.txt",
      "  millrace produce orders --header source=import --compression zstd < lines.txt",
      "  echo 7: | millrace produce orders -K : --null-value ''   (a tombstone)"
    })
public final class ProduceCommand extends ClientCommand {
  private static final Duration CLOSING = Duration.ofSeconds(1);

  private final Deliveries deliveries = new Deliveries();

  /** Whether the producer was ended because nothing was acknowledged any more. */
  private volatile boolean stalled;

  @Mixin WriteOptions write;

  @Parameters(paramLabel = "TOPIC", description = "Where to write.")
  String topic;

  @Option(
      names = {"-K", "--key-separator"},
      paramLabel = "TEXT",
      description = "What stands between key and value; \\t is a tab. Default: lines have no key.")
  String keySeparator;

  @Option(
      names = {"-k", "--key"},
      paramLabel = "KEY",
      description = "One key for all records.")
  String key;

  @Option(
      names = {"-H", "--header"},
      paramLabel = "NAME=VALUE",
      description = "A header for every record; repeatable.")
  List<String> headers = new ArrayList<>();

  @Option(
      names = {"-p", "--partition"},
      paramLabel = "N",
      description = "Default: by the key, or the producer's choice.")
  Integer partition;

  @Option(
      names = "--timestamp",
      paramLabel = "MS",
      description = "One timestamp for all records, in milliseconds. Default: now.")
  Long timestampMs;

  @Option(
      names = "--null-value",
      paramLabel = "TEXT",
      description = "A value that stands for null, which deletes the key on a compacted topic.")
  String nullValue;

  @Option(names = "--quiet", description = "Do not say how many records were written.")
  boolean quiet;

  public ProduceCommand(CliContext context) {
    super(context);
  }

  @Override
  public Integer call() throws IOException {
    if (key != null && keySeparator != null) {
      throw usage("--key and --key-separator exclude each other");
    }
    Map<String, Object> producing = producing();
    List<Header> recordHeaders = parseHeaders();
    broker.checkReachable();
    long written;
    Producer<byte[], byte[]> producer = context.clients().producer(broker.settings(producing));
    try {
      // Fails here, with a clear word, and not at the first of many lines.
      int partitions = producer.partitionsFor(topic).size();
      if (partition != null && (partition < 0 || partition >= partitions)) {
        throw Failures.noPartition(topic, partition, partitions - 1);
      }
      written = sendLines(producer, recordHeaders);
      flush(producer);
    } finally {
      producer.close(CLOSING);
    }
    if (stalled) {
      throw new TimeoutException(
          "nothing was acknowledged for " + broker.timeoutMs() / 1_000 + " s");
    }
    Deliveries.Failed failure = deliveries.failed();
    if (failure != null) {
      throw Failures.about("line " + failure.line() + " was not written", failure.reason());
    }
    if (!quiet) {
      context.terminal().note(written + (written == 1 ? " record written" : " records written"));
    }
    return ExitCode.OK;
  }

  /**
   * Sends all that is left. A producer that gets no producer id, because there is no controller,
   * would wait for ever: neither its own timeouts nor flush know an end then.
   */
  private void flush(Producer<byte[], byte[]> producer) {
    Thread watch = new Thread(() -> endIfStalled(producer), "deliveries");
    watch.setDaemon(true);
    watch.start();
    producer.flush();
  }

  private void endIfStalled(Producer<byte[], byte[]> producer) {
    try {
      if (!deliveries.await(Duration.ofMillis(broker.timeoutMs()))) {
        stalled = true;
        producer.close(Duration.ZERO);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Map<String, Object> producing() {
    Map<String, Object> defaults = write.settings();
    defaults.put("max.block.ms", broker.timeoutMs());
    defaults.put("delivery.timeout.ms", Math.max(broker.timeoutMs(), 1_000) + 1_000);
    defaults.put("linger.ms", 5);
    return defaults;
  }

  private long sendLines(Producer<byte[], byte[]> producer, List<Header> recordHeaders)
      throws IOException {
    String separator = keySeparator == null ? null : RecordTemplate.unescape(keySeparator);
    var lines =
        new BufferedReader(
            new InputStreamReader(context.terminal().in(), StandardCharsets.UTF_8), 1 << 16);
    long count = 0;
    for (String line = lines.readLine();
        line != null && deliveries.failed() == null;
        line = lines.readLine()) {
      long number = ++count;
      String recordKey = key;
      String value = line;
      if (separator != null) {
        int at = line.indexOf(separator);
        if (at < 0) {
          flush(producer);
          throw new CommandFailure(
              ExitCode.FAILED,
              "line " + number + " has no key separator; the lines before it are written");
        }
        recordKey = line.substring(0, at);
        value = line.substring(at + separator.length());
      }
      var record =
          new ProducerRecord<>(
              topic, partition, timestampMs, bytes(recordKey), valueBytes(value), recordHeaders);
      deliveries.sending();
      var unused = producer.send(record, (metadata, e) -> deliveries.onCompletion(number, e));
    }
    return count;
  }

  private List<Header> parseHeaders() {
    List<Header> parsed = new ArrayList<>();
    for (String header : headers) {
      int at = header.indexOf('=');
      if (at < 0) {
        throw usage("--header must be NAME=VALUE: '" + header + "'");
      }
      parsed.add(new RecordHeader(header.substring(0, at), bytes(header.substring(at + 1))));
    }
    return parsed;
  }

  private byte[] valueBytes(String value) {
    return value.equals(nullValue) ? null : bytes(value);
  }

  private static byte[] bytes(String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }
}
