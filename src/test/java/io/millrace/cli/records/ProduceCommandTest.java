package io.millrace.cli.records;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandLineFixture;
import io.millrace.cli.ExitCode;
import io.millrace.cli.FakeClients;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ProduceCommandTest {
  private static final String TOPIC = "orders";

  private ServerSocket socket;
  private final MockProducer<byte[], byte[]> producer =
      new MockProducer<>(
          cluster(3), true, null, new ByteArraySerializer(), new ByteArraySerializer());
  private final FakeClients clients = new FakeClients().producer(producer);

  @BeforeEach
  void listen() {
    socket = CommandLineFixture.listening();
  }

  @AfterEach
  void close() throws IOException {
    socket.close();
  }

  @Test
  void shouldWriteEachLineAsARecord() {
    var result = produce("one\ntwo\n\nfour");

    assertThat(result.exit()).isEqualTo(ExitCode.OK);
    assertThat(producer.history())
        .extracting(r -> text(r.value()))
        .containsExactly("one", "two", "", "four");
    assertThat(producer.history()).allSatisfy(r -> assertThat(r.key()).isNull());
    assertThat(result.err()).isEqualTo("4 records written\n");
    assertThat(result.out()).isEmpty();
  }

  @Test
  void shouldSplitKeysAtTheFirstSeparator() {
    produce("a\t1\tx\nb\t2\n", "--key-separator", "\\t");

    assertThat(producer.history()).extracting(r -> text(r.key())).containsExactly("a", "b");
    assertThat(producer.history()).extracting(r -> text(r.value())).containsExactly("1\tx", "2");
  }

  @Test
  void shouldStopAtALineWithoutSeparator() {
    var result = produce("a:1\nb\nc:3\n", "-K", ":");

    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("line 2 has no key separator");
    assertThat(producer.history()).hasSize(1);
  }

  @Test
  void shouldWriteATombstoneForTheNullValue() {
    produce("k:NULL\n", "-K", ":", "--null-value", "NULL");

    assertThat(producer.history())
        .singleElement()
        .satisfies(record -> assertThat(record.value()).isNull());
  }

  @Test
  void shouldAddHeadersKeyPartitionAndTimestamp() {
    produce("v\n", "-H", "source=cli", "-H", "n=a=b", "-k", "key", "-p", "2", "--timestamp", "42");

    ProducerRecord<byte[], byte[]> record = producer.history().get(0);
    assertThat(record.headers())
        .extracting(h -> h.key() + ":" + text(h.value()))
        .containsExactly("source:cli", "n:a=b");
    assertThat(text(record.key())).isEqualTo("key");
    assertThat(record.partition()).isEqualTo(2);
    assertThat(record.timestamp()).isEqualTo(42);
  }

  @Test
  void shouldSetUpTheProducerAsAsked() {
    produce("v\n", "--compression", "zstd", "--acks", "1", "-X", "linger.ms=77");

    assertThat(clients.settings())
        .containsEntry("compression.type", "zstd")
        .containsEntry("acks", "1")
        .containsEntry("enable.idempotence", false)
        .containsEntry("linger.ms", "77");
  }

  @Test
  void shouldRefuseAPartitionThatDoesNotExist() {
    var result = produce("v\n", "-p", "3");

    assertThat(result.exit()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.err()).contains("has no partition 3, only 0 to 2");
    assertThat(producer.history()).isEmpty();
  }

  @Test
  void shouldRefuseAcksThatDoNotExist() {
    var result = produce("v\n", "--acks", "5");

    assertThat(result.exit()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("--acks must be all, 1 or 0: '5'");
  }

  @Test
  void shouldRefuseAHeaderWithoutName() {
    assertThat(produce("v\n", "-H", "novalue").exit()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void shouldRefuseAKeyTwice() {
    assertThat(produce("v\n", "-K", ":", "-k", "key").exit()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void shouldFailWithTheLineThatTheBrokerRefused() {
    clients.producer(
        new MockProducer<>(
            cluster(3), true, null, new ByteArraySerializer(), new ByteArraySerializer()) {
          @Override
          public synchronized Future<RecordMetadata> send(
              ProducerRecord<byte[], byte[]> record, Callback callback) {
            var refusal = new RecordTooLargeException("too large");
            callback.onCompletion(null, refusal);
            return CompletableFuture.failedFuture(refusal);
          }
        });

    var result = produce("v\nw\n");

    assertThat(result.exit()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err())
        .isEqualTo("millrace: line 1 was not written: MESSAGE_TOO_LARGE: too large\n");
  }

  /** As a producer does that gets no producer id: it goes on for ever, and so does its flush. */
  @Test
  @Timeout(30)
  void shouldEndWhenNothingIsAcknowledged() {
    clients.producer(
        new MockProducer<>(
            cluster(3), true, null, new ByteArraySerializer(), new ByteArraySerializer()) {
          @Override
          public synchronized Future<RecordMetadata> send(
              ProducerRecord<byte[], byte[]> record, Callback callback) {
            return new CompletableFuture<>();
          }

          private boolean ended;

          @Override
          public synchronized void flush() {
            try {
              while (!ended) {
                wait();
              }
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }

          @Override
          public synchronized void close(Duration timeout) {
            ended = true;
            notifyAll();
          }
        });

    var result = produce("v\nw\n", "--timeout", "1");

    assertThat(result.exit()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err())
        .startsWith("millrace: no answer in time: nothing was acknowledged for 1 s; asked 127.");
  }

  private CommandLineFixture.Result produce(String input, String... options) {
    String[] args = new String[options.length + 4];
    args[0] = "produce";
    args[1] = TOPIC;
    args[2] = "-b";
    args[3] = CommandLineFixture.address(socket);
    System.arraycopy(options, 0, args, 4, options.length);
    return new CommandLineFixture().clients(clients).input(input).run(args);
  }

  private static Cluster cluster(int partitions) {
    Node node = new Node(1, "127.0.0.1", 9092);
    Node[] nodes = {node};
    List<PartitionInfo> infos =
        IntStream.range(0, partitions)
            .mapToObj(partition -> new PartitionInfo(TOPIC, partition, node, nodes, nodes))
            .toList();
    return new Cluster("cluster", List.of(node), infos, Set.of(), Set.of());
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
