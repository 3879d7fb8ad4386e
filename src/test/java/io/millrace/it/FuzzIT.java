package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.simulation.Seeds;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bad input against every advertised API and the frames around it, from many connections: each
 * connection ends or gets an answer, memory stays bounded, and another client notices nothing. How
 * much: {@code -Dit.fuzz.inputs=…}.
 */
@Timeout(3_600)
@SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes, others only read.
class FuzzIT {
  private static final int INPUTS = Integer.getInteger("it.fuzz.inputs", 120_000);
  private static final int CONNECTIONS = 24;
  private static final int SLOW_SENDERS = 100;
  private static final int SILENT_READERS = 16;

  /**
   * More than the heap (320 MB) and the node's bound of requests in memory would ever add up to.
   */
  private static final long MEMORY_LIMIT = 700L << 20;

  @Test
  void shouldSurviveBadInput(@TempDir Path dir) throws Exception {
    long seed = Long.getLong("it.seed", System.nanoTime());
    System.out.println("FuzzIT: " + INPUTS + " inputs, -Dit.seed=" + seed);
    // Some of the requests are well formed and ask for what costs: small bounds keep that cheap.
    try (BrokerProcess broker =
            BrokerProcess.start(
                dir,
                Map.of(
                    "log.retention.check.interval.ms",
                    "60000",
                    "group.initial.rebalance.delay.ms",
                    "0"));
        Clients clients = new Clients(broker)) {
      List<Uuid> topicIds = createTopics(clients);
      Queue<String> complaints = new ConcurrentLinkedQueue<>();
      Map<String, Integer> outcomes = new TreeMap<>();
      long memoryBefore = broker.residentBytes();
      ExecutorService threads = Executors.newCachedThreadPool();
      try (Canary canary = new Canary(clients, "canary");
          SlowSenders slow = new SlowSenders(broker.address(), SLOW_SENDERS);
          SilentReaders silent = new SilentReaders(broker.address(), SILENT_READERS)) {
        ApiVersionCollection advertised = advertised(broker);
        List<Future<Map<String, Integer>>> running = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
          Random random = Seeds.random(seed + i);
          FuzzInput.Source source =
              new FuzzInput.Source(random, new SchemaFuzz(random, topicIds), advertised);
          running.add(
              threads.submit(
                  new FuzzConnection(broker.address(), source, INPUTS / CONNECTIONS, complaints)));
        }
        for (Future<Map<String, Integer>> connection : running) {
          connection
              .get(1, TimeUnit.HOURS)
              .forEach((outcome, count) -> outcomes.merge(outcome, count, Integer::sum));
        }
        long memory = broker.peakResidentBytes();
        System.out.printf(
            "FuzzIT: %s; canary: %d rounds, worst %d ms; memory %d MB, before %d MB, peak %d MB%n",
            outcomes,
            canary.rounds(),
            canary.worst().toMillis(),
            broker.residentBytes() >> 20,
            memoryBefore >> 20,
            memory >> 20);

        assertThat(complaints).as("seed " + seed).isEmpty();
        assertThat(slow.sent()).isPositive();
        assertThat(silent.requested()).isPositive();
        canary.stop();
        if (BrokerProcess.isMillrace()) {
          assertThat(memory).as("peak of resident memory").isLessThan(MEMORY_LIMIT);
        }
      } finally {
        threads.shutdownNow();
      }
      assertThat(outcomes.values().stream().mapToInt(i -> i).sum())
          .isGreaterThanOrEqualTo(INPUTS / CONNECTIONS * CONNECTIONS);
      clients.createTopic("after-all-that", 1);
      clients.produce(
          Map.of(), List.of(new ProducerRecord<>("after-all-that", 0, null, new byte[9])));
      assertThat(clients.consumeAll("after-all-that")).hasSize(1);
    }
  }

  private static List<Uuid> createTopics(Clients clients) throws Exception {
    List<String> names = List.of("fuzz-a", "fuzz-b", SchemaFuzz.BIG_TOPIC);
    for (String name : names) {
      clients.createTopic(name, 2);
    }
    clients.produce(
        Map.of(),
        IntStream.range(0, 64)
            .mapToObj(
                i ->
                    new ProducerRecord<byte[], byte[]>(
                        SchemaFuzz.BIG_TOPIC, 0, null, new byte[900_000]))
            .toList());
    return Clients.await(
            clients
                .admin()
                .describeTopics(names)
                .allTopicNames()
                .toCompletionStage()
                .toCompletableFuture())
        .values()
        .stream()
        .map(TopicDescription::topicId)
        .toList();
  }

  private static ApiVersionCollection advertised(BrokerProcess broker) {
    try (WireClient client = WireClient.connect(broker.address())) {
      ApiVersionsResponseData answer =
          (ApiVersionsResponseData)
              client.call(ApiKeys.API_VERSIONS, 0, new ApiVersionsRequestData());
      ApiVersionCollection keys = answer.apiKeys().duplicate();
      assertThat(keys).isNotEmpty();
      return keys;
    }
  }

  /**
   * Connections that announce a big request and then send it a few bytes at a time.
   *
   * <p>Owner: the test's thread; a thread of its own sends.
   */
  private static final class SlowSenders implements AutoCloseable {
    private final InetSocketAddress address;
    private final List<WireClient> clients = new ArrayList<>();
    private final Thread thread = new Thread(this::run, "slow-senders");
    private volatile boolean stopping;
    private volatile long sent;

    SlowSenders(InetSocketAddress address, int count) {
      this.address = address;
      for (int i = 0; i < count; i++) {
        clients.add(announced());
      }
      thread.start();
    }

    private WireClient announced() {
      WireClient client = WireClient.connect(address);
      client.sendRaw(ByteBuffer.allocate(4).putInt(99_000_000).array());
      return client;
    }

    private void run() {
      byte[] some = ByteBuffer.allocate(64).putShort((short) 0).putShort((short) 9).array();
      while (!stopping) {
        for (int i = 0; i < clients.size(); i++) {
          try {
            clients.get(i).sendRaw(some);
          } catch (UncheckedIOException e) {
            // Ended, because others need the room; it comes again.
            clients.get(i).close();
            clients.set(i, announced());
          }
          sent += some.length;
        }
        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      }
    }

    long sent() {
      return sent;
    }

    @Override
    public void close() {
      stopping = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      clients.forEach(WireClient::close);
    }
  }

  /**
   * Connections that ask for much and never read an answer.
   *
   * <p>Owner: the test's thread.
   */
  private static final class SilentReaders implements AutoCloseable {
    private static final int REQUESTS = 40;
    private final List<WireClient> clients = new ArrayList<>();
    private int requested;

    SilentReaders(InetSocketAddress address, int count) {
      FetchRequestData request =
          new FetchRequestData()
              .setMaxWaitMs(100)
              .setMinBytes(1)
              .setMaxBytes(50_000_000)
              .setSessionEpoch(-1);
      request
          .topics()
          .add(
              new FetchTopic()
                  .setTopic(SchemaFuzz.BIG_TOPIC)
                  .setPartitions(
                      List.of(
                          new FetchPartition()
                              .setPartition(0)
                              .setFetchOffset(0)
                              .setPartitionMaxBytes(50_000_000))));
      for (int i = 0; i < count; i++) {
        WireClient client = WireClient.connect(address, 4_096);
        clients.add(client);
        for (int r = 0; r < REQUESTS; r++) {
          client.send(ApiKeys.FETCH, 12, request);
          requested++;
        }
      }
    }

    int requested() {
      return requested;
    }

    @Override
    public void close() {
      clients.forEach(WireClient::close);
    }
  }
}
