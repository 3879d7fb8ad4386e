package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What one connection may expect of the node, and what it may not do to others. */
@Timeout(120)
class ConnectionIT {
  private static final int PRODUCE_VERSION = 9;
  private static final int FETCH_VERSION = 12;

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  @Test
  void shouldAnswerInTheOrderOfTheRequests(@TempDir Path dir) throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(dir);
        Clients clients = new Clients(broker);
        WireClient client = WireClient.connect(broker.address())) {
      clients.createTopic("order", 4);
      clients.createTopic("flushed", 1, Map.of("flush.messages", "1"));
      List<Integer> ids = new ArrayList<>();
      List<ApiKeys> keys = new ArrayList<>();
      CompletableFuture<Void> sending =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 300; i++) {
                  boolean flushed = i % 5 == 0;
                  ApiMessage request =
                      i % 7 == 6
                          ? new MetadataRequestData().setTopics(null)
                          : produce(flushed ? "flushed" : "order", flushed ? 0 : i % 4);
                  ApiKeys key = i % 7 == 6 ? ApiKeys.METADATA : ApiKeys.PRODUCE;
                  ids.add(client.send(key, PRODUCE_VERSION, request));
                  keys.add(key);
                }
              },
              threads);
      Clients.await(sending);

      for (int i = 0; i < ids.size(); i++) {
        ApiMessage answer = client.receive(keys.get(i), PRODUCE_VERSION, ids.get(i));
        if (answer instanceof ProduceResponseData produced) {
          assertThat(produced.responses().iterator().next().partitionResponses().get(0).errorCode())
              .isZero();
        }
      }
    }
  }

  private static ProduceRequestData produce(String topic, int partition) {
    MemoryRecords records =
        MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(new byte[100]));
    TopicProduceData data =
        new TopicProduceData()
            .setName(topic)
            .setPartitionData(
                List.of(new PartitionProduceData().setIndex(partition).setRecords(records)));
    return new ProduceRequestData()
        .setAcks((short) -1)
        .setTimeoutMs(30_000)
        .setTopicData(new TopicProduceDataCollection(List.of(data).iterator()));
  }

  private static Map<String, String> requestMemory(int bytes) {
    return Map.of(
        "queued.max.request.bytes", Integer.toString(bytes),
        "socket.request.max.bytes", Integer.toString(bytes));
  }

  @Test
  void shouldBoundRequestsThatArriveInPart(@TempDir Path dir) throws Exception {
    Map<String, String> settings = requestMemory(21_000_000);
    try (BrokerProcess broker = BrokerProcess.start(dir, settings);
        Clients clients = new Clients(broker)) {
      clients.createTopic("served", 1);
      long before = broker.residentBytes();
      // A request of 20 MB, of which the last bytes never come.
      byte[] part = ByteBuffer.allocate(20_000_000).putInt(20_000_000).array();
      List<WireClient> slow = new ArrayList<>();
      List<CompletableFuture<Void>> sending = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        WireClient client = WireClient.connect(broker.address());
        slow.add(client);
        sending.add(CompletableFuture.runAsync(() -> client.sendRaw(part), threads));
      }
      Await.until(
          "one has sent all it will, the others wait",
          Clients.PATIENCE,
          () -> sending.stream().anyMatch(CompletableFuture::isDone));

      clients.produce(Map.of(), List.of(new ProducerRecord<>("served", 0, null, new byte[10])));

      assertThat(broker.residentBytes() - before).isLessThan(100 << 20);
      assertThat(sending.stream().filter(CompletableFuture::isDone)).hasSizeLessThan(5);
      slow.forEach(WireClient::close);
    }
  }

  @Test
  void shouldLetLargeRequestsArriveOneByOneWhenMemoryIsShort(@TempDir Path dir) throws Exception {
    Map<String, String> settings = requestMemory(1_000_000);
    try (BrokerProcess broker = BrokerProcess.start(dir, settings);
        Clients clients = new Clients(broker)) {
      clients.createTopic("large", 1);
      List<ProducerRecord<byte[], byte[]>> records =
          Collections.nCopies(5, new ProducerRecord<>("large", 0, null, new byte[900_000]));
      List<Future<?>> producing = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        producing.add(threads.submit(() -> clients.produce(Map.of(), records)));
      }
      for (Future<?> one : producing) {
        one.get(60, TimeUnit.SECONDS);
      }
      assertThat(clients.endOffset("large", 0)).isEqualTo(40);
    }
  }

  @Test
  void shouldKeepTheAnswersOfAClientThatReadsLate(@TempDir Path dir) throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(dir);
        Clients clients = new Clients(broker);
        WireClient late = WireClient.connect(broker.address(), 4_096)) {
      clients.createTopic("large", 1);
      clients.produce(
          Map.of(),
          IntStream.range(0, 32)
              .mapToObj(
                  i -> new ProducerRecord<byte[], byte[]>("large", 0, null, new byte[900_000]))
              .toList());
      long before = broker.residentBytes();
      List<Integer> ids = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        ids.add(late.send(ApiKeys.FETCH, FETCH_VERSION, fetch("large")));
      }
      // 560 MB are asked for. Others are served as if nothing was.
      assertThat(clients.consumeAll("large")).hasSize(32);
      assertThat(broker.residentBytes() - before).isLessThan(100 << 20);

      for (int id : ids) {
        FetchResponseData answer =
            (FetchResponseData) late.receive(ApiKeys.FETCH, FETCH_VERSION, id);
        assertThat(answer.responses().get(0).partitions().get(0).records().sizeInBytes())
            .isGreaterThan(25_000_000);
      }
    }
  }

  private static FetchRequestData fetch(String topic) {
    FetchRequestData request =
        new FetchRequestData().setMaxWaitMs(100).setMinBytes(1).setSessionEpoch(-1);
    request.setMaxBytes(50_000_000);
    request
        .topics()
        .add(
            new FetchTopic()
                .setTopic(topic)
                .setPartitions(
                    List.of(
                        new FetchPartition()
                            .setPartition(0)
                            .setFetchOffset(0)
                            .setPartitionMaxBytes(50_000_000))));
    return request;
  }

  @Test
  void shouldEndAConnectionThatNeverFinishesItsRequest(@TempDir Path dir) throws Exception {
    try (BrokerProcess broker =
            BrokerProcess.start(dir, Map.of("connections.max.idle.ms", "1000"));
        WireClient slow = WireClient.connect(broker.address())) {
      slow.sendRaw(ByteBuffer.allocate(4).putInt(50_000_000).array());

      Await.until(
          "the broker ends the connection",
          Duration.ofSeconds(30),
          () -> {
            try {
              slow.sendRaw(new byte[] {0});
              return false;
            } catch (UncheckedIOException e) {
              return true;
            }
          });
    }
  }
}
