package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.Interruption;
import io.millrace.cli.Output;
import io.millrace.cli.OutputFormat;
import io.millrace.cli.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MeasurementTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final StringWriter err = new StringWriter();
  private final Interruption interruption = new Interruption();

  @Test
  void shouldCountLatencyInMicroseconds() {
    Latencies latencies = new Latencies();
    latencies.recordNanos(1_500_000);

    assertThat(latencies.figures()).containsEntry("p50", 1_500L).containsEntry("max", 1_500L);
  }

  @Test
  void shouldKeepOutliersInsteadOfFailing() {
    Latencies latencies = new Latencies();
    latencies.recordNanos(Long.MAX_VALUE);

    assertThat(latencies.figures().get("max")).isBetween(600_000_000L, 600_999_999L);
  }

  @Test
  void shouldCountFromWhenTheWorkWasDue() {
    Pace pace = new Pace(1_000_000_000);
    long first = pace.await(0);

    // Far behind: no wait, but the time at which it should have been.
    assertThat(pace.await(1_000) - first).isEqualTo(1_000);
  }

  @Test
  void shouldNotPaceWithoutARate() {
    Pace pace = new Pace(0);
    long before = System.nanoTime();

    assertThat(pace.await(1_000_000) - before).isBetween(0L, 1_000_000_000L);
  }

  @Test
  void shouldMakeValuesOfTheAskedSize() {
    for (Payload.Kind kind : Payload.Kind.values()) {
      assertThat(new Payload(kind, 123).value(77)).hasSize(123);
      assertThat(new Payload(kind, 0).value(0)).isEmpty();
    }
  }

  @Test
  void shouldMakeTheSameValuesInEveryRun() {
    assertThat(new Payload(Payload.Kind.RANDOM, 50).value(5))
        .isEqualTo(new Payload(Payload.Kind.RANDOM, 50).value(5));
  }

  @Test
  void shouldShareTheWorkBetweenProducers() throws InterruptedException {
    MockProducer<byte[], byte[]> producer = mock();
    var run = run(producer);

    BenchResult result = run.run("produce", 7, 1, 0, new Progress(terminal(false), "x", 7));

    assertThat(producer.history()).hasSize(7);
    assertThat(result.records()).isEqualTo(7);
    assertThat(result.bytes()).isEqualTo(70);
  }

  @Test
  void shouldFailWhenARecordIsNotWritten() {
    MockProducer<byte[], byte[]> producer =
        new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer()) {
          @Override
          public synchronized Future<RecordMetadata> send(
              ProducerRecord<byte[], byte[]> record, Callback callback) {
            callback.onCompletion(null, new NotLeaderOrFollowerException("gone"));
            return CompletableFuture.completedFuture(null);
          }
        };
    var run = run(producer);

    assertThatThrownBy(() -> run.run("produce", 7, 1, 0, new Progress(terminal(false), "x", 7)))
        .isInstanceOf(NotLeaderOrFollowerException.class);
  }

  @Test
  @Timeout(30)
  void shouldEndItsProducersWhenASignalComes() {
    MockProducer<byte[], byte[]> producer = mock();
    interruption.begin();

    // A thousand seconds, if nobody stopped it.
    assertThatThrownBy(
            () -> run(producer).run("x", 10_000, 1, 10, new Progress(terminal(false), "x", 7)))
        .isInstanceOf(WakeupException.class);
    assertThat(producer.closed()).isTrue();
  }

  @Test
  void shouldShowNoBarWhereNobodyWatches() {
    Progress progress = new Progress(terminal(false), "work", 10);
    progress.update(5, 5);
    progress.end();

    assertThat(err.toString()).isEmpty();
  }

  @Test
  void shouldWriteAResultForPeople() {
    result().print(terminal(false), OutputFormat.TEXT);

    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("produce  1,000 records in 2.00 s:  500 records/s  0.5 MiB/s\n")
        .contains("ack latency (µs)  min 7");
  }

  @Test
  void shouldWriteAResultForPrograms() {
    result().print(terminal(false), OutputFormat.JSON);

    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("\"benchmark\":\"produce\"")
        .contains("\"recordsPerSecond\":500.0")
        .contains("\"ack_latency_us\":{\"min\":7");
  }

  private ProduceRun run(MockProducer<byte[], byte[]> producer) {
    return new ProduceRun(
        () -> producer, "t", new Payload(Payload.Kind.RANDOM, 10), 10, interruption);
  }

  private static BenchResult result() {
    Latencies latencies = new Latencies();
    latencies.recordNanos(7_000);
    latencies.recordNanos(9_000);
    return new BenchResult(
        "produce", 1_000, 1 << 20, 2_000_000_000L, Map.of("ack latency", latencies));
  }

  private static MockProducer<byte[], byte[]> mock() {
    return new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private Terminal terminal(boolean watched) {
    return new Terminal(
        InputStream.nullInputStream(),
        new Output(out),
        new PrintWriter(err, true),
        watched,
        watched,
        false);
  }
}
