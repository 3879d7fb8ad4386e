package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.ReplicaNotAvailableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * All that happens to topics in their life, with small data: they are written to, compacted, cut at
 * their start, moved from disk to disk, configured, deleted and created again, while the node is
 * configured and killed; and what must be true afterwards. The clients live on over the kills, and
 * ask again what was not answered.
 *
 * <p>Owner: the test's thread.
 */
final class LifeOfTopics implements AutoCloseable {
  static final Map<String, String> SETTINGS =
      Map.of(
          "log.cleaner.backoff.ms", "20",
          "log.retention.check.interval.ms", "20",
          "log.segment.delete.delay.ms", "100");

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int KEYS = 20;
  private static final Map<String, String> QUICK =
      Map.of(
          "reconnect.backoff.ms", "20",
          "reconnect.backoff.max.ms", "100",
          "retry.backoff.ms", "20",
          "retry.backoff.max.ms", "100");

  private static final TopicPartition KEYED = new TopicPartition("keyed", 0);
  private static final TopicPartition CUT = new TopicPartition("cut", 0);
  private static final TopicPartition AGAIN = new TopicPartition("again", 0);

  private final MillraceProcess node;
  private final Admin admin;
  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> consumer;

  /** What was acknowledged, by its offset. */
  private final TreeMap<Long, String> keyed = new TreeMap<>();

  private final TreeMap<Long, String> cut = new TreeMap<>();

  /** Of the topic {@link #AGAIN} as it was created last. */
  private final TreeMap<Long, String> again = new TreeMap<>();

  /** Below it the records of {@link #CUT} are deleted. */
  private long cutBelow;

  private int retention = 1_000_000_000;

  /** So fast that it holds nothing back. */
  private int cleanerRate = 1_000_000_000;

  private int written;

  LifeOfTopics(MillraceProcess node) {
    this.node = node;
    Clients clients = new Clients(node);
    clients.close();
    Map<String, Object> config = new HashMap<>(QUICK);
    config.put("bootstrap.servers", node.bootstrap());
    config.put("default.api.timeout.ms", 120_000);
    config.put("request.timeout.ms", 5_000);
    admin = Admin.create(config);
    producer =
        clients.producer(with(Map.of("delivery.timeout.ms", 120_000, "request.timeout.ms", 5_000)));
    consumer = clients.consumer(with(Map.of("fetch.max.wait.ms", 20)));
  }

  private static Map<String, Object> with(Map<String, ?> others) {
    Map<String, Object> all = new HashMap<>(QUICK);
    all.putAll(others);
    return all;
  }

  /** Creates the topics. */
  void begin() throws Exception {
    create(
        KEYED,
        Map.of(
            "cleanup.policy", "compact",
            "internal.segment.bytes", "2000",
            "min.cleanable.dirty.ratio", "0.01"));
    create(
        CUT, Map.of("internal.segment.bytes", "500", "retention.ms", Integer.toString(retention)));
    create(AGAIN, Map.of());
    setCleanerRate();
  }

  private void create(TopicPartition topic, Map<String, String> configs) throws Exception {
    try {
      await(
          admin
              .createTopics(List.of(new NewTopic(topic.topic(), 1, (short) 1).configs(configs)))
              .all());
    } catch (TopicExistsException e) {
      // The answer to the first attempt was lost with the node.
    }
  }

  private static <T> T await(org.apache.kafka.common.KafkaFuture<T> future) throws Exception {
    return await(future.toCompletionStage().toCompletableFuture());
  }

  private static <T> T await(Future<T> future) throws Exception {
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } catch (TimeoutException e) {
      throw new AssertionError("no answer within " + PATIENCE, e);
    }
  }

  // ---- what happens

  private CompletableFuture<Void> life = CompletableFuture.completedFuture(null);

  /** Everything happens, again and again, until the node is no longer alive. */
  void liveUntil(BooleanSupplier alive) {
    AtomicBoolean goesOn = new AtomicBoolean(true);
    life =
        CompletableFuture.runAsync(
            () -> {
              do {
                try {
                  round();
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              } while (goesOn.get());
            });
    try {
      Await.until(
          "the node dies",
          PATIENCE,
          () -> !alive.getAsBoolean() || life.isCompletedExceptionally());
    } finally {
      goesOn.set(false);
    }
  }

  private void round() throws Exception {
    retention++;
    configure(config(), "retention.ms", retention);
    cleanerRate++;
    setCleanerRate();
    move(retention % 2 == 0 ? KEYED : CUT);
    send(KEYED, keyed, 60);
    send(CUT, cut, 10);
    long below = cut.lastKey() - 2;
    await(admin.deleteRecords(Map.of(CUT, RecordsToDelete.beforeOffset(below))).all());
    cutBelow = below;
    try {
      await(admin.deleteTopics(List.of(AGAIN.topic())).all());
    } catch (UnknownTopicOrPartitionException e) {
      // The answer to the first attempt was lost with the node.
    }
    again.clear();
    create(AGAIN, Map.of());
    send(AGAIN, again, 3);
  }

  /** Of all brokers. */
  private void setCleanerRate() throws Exception {
    configure(
        new ConfigResource(ConfigResource.Type.BROKER, ""),
        "log.cleaner.io.max.bytes.per.second",
        cleanerRate);
  }

  private void configure(ConfigResource resource, String key, int value) throws Exception {
    AlterConfigOp set =
        new AlterConfigOp(new ConfigEntry(key, Integer.toString(value)), AlterConfigOp.OpType.SET);
    await(admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all());
  }

  /** To the other log directory, unless it is on its way already. */
  private void move(TopicPartition partition) throws Exception {
    Map<String, LogDirDescription> dirs =
        await(admin.describeLogDirs(List.of(node.nodeId())).allDescriptions()).get(node.nodeId());
    List<String> without = new ArrayList<>();
    dirs.forEach(
        (path, dir) -> {
          if (!dir.replicaInfos().containsKey(partition)) {
            without.add(path);
          }
        });
    if (without.size() == 1) {
      try {
        await(
            admin
                .alterReplicaLogDirs(
                    Map.of(
                        new TopicPartitionReplica(
                            partition.topic(), partition.partition(), node.nodeId()),
                        without.get(0)))
                .all());
      } catch (KafkaStorageException | ReplicaNotAvailableException e) {
        // The node has just started, and the log is not open.
      }
    }
  }

  /** Where the node has its logs. */
  static Stream<Path> disks(MillraceProcess node) {
    return Stream.of(node.logDir(), node.dir().resolve("second"));
  }

  private static ConfigResource config() {
    return new ConfigResource(ConfigResource.Type.TOPIC, CUT.topic());
  }

  /** Each in a batch of its own, so that segments grow in small steps. */
  private void send(TopicPartition to, Map<Long, String> acknowledged, int count) throws Exception {
    List<String> sent = new ArrayList<>();
    List<CompletableFuture<RecordMetadata>> acks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String record = (written % KEYS) + "=" + written++;
      sent.add(record);
      acks.add(
          Clients.send(
              producer,
              new ProducerRecord<>(to.topic(), 0, bytes(record.split("=", 2)[0]), bytes(record))));
      if (i % 10 == 9) {
        producer.flush();
      }
    }
    producer.flush();
    for (int i = 0; i < count; i++) {
      String before = acknowledged.put(await(acks.get(i)).offset(), sent.get(i));
      assertThat(before).isNull();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  // ---- what must be true

  /** Waits for what was not answered when the node died; then compares everything. */
  void check(String what) throws Exception {
    await(life);
    assertThat(configured()).as("retention.ms after %s", what).isEqualTo(retention);
    Await.until(
        () -> cleanerRate + " is in force after " + what + ": " + ClusterView.compaction(node),
        PATIENCE,
        () -> cleanerRateInForce() == cleanerRate);
    Map<Long, String> last = lastOfEachKey();
    Map<Long, String> found = read(KEYED);
    assertThat(found).as("last values after %s", what).containsAllEntriesOf(last);
    assertThat(keyed).as("records at their offsets after %s", what).containsAllEntriesOf(found);
    assertThat(read(CUT)).as("kept after %s", what).isEqualTo(cut.tailMap(cutBelow));
    assertThat(read(AGAIN)).as("created again after %s", what).isEqualTo(again);
    Await.until(
        () -> "left after " + what + ": " + leftovers(), PATIENCE, () -> leftovers().isEmpty());
  }

  private long configured() throws Exception {
    Config config = await(admin.describeConfigs(List.of(config())).all()).get(config());
    return Long.parseLong(config.get("retention.ms").value());
  }

  /** The setting of the node as its cleaner has it; NaN = it has none, or does not say. */
  private double cleanerRateInForce() {
    return ClusterView.compaction(node)
        .map(compaction -> compaction.getDouble("maxBytesPerSecond"))
        .orElse(Double.NaN);
  }

  private Map<Long, String> lastOfEachKey() {
    Map<String, Long> offsets = new HashMap<>();
    keyed.forEach((offset, record) -> offsets.put(record.split("=", 2)[0], offset));
    Map<Long, String> last = new TreeMap<>();
    offsets.values().forEach(offset -> last.put(offset, keyed.get(offset)));
    return last;
  }

  private Map<Long, String> read(TopicPartition partition) {
    Map<Long, String> found = new TreeMap<>();
    consumer.assign(Set.of(partition));
    consumer.seekToBeginning(Set.of(partition));
    long end = consumer.endOffsets(Set.of(partition), PATIENCE).get(partition);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (consumer.position(partition, PATIENCE) < end && System.nanoTime() - deadline < 0) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
        found.put(record.offset(), new String(record.value(), StandardCharsets.UTF_8));
      }
    }
    return found;
  }

  /** Files of what is deleted or half done. */
  private List<String> leftovers() {
    List<String> left = new ArrayList<>();
    for (Path disk : disks(node).toList()) {
      try (Stream<Path> files = Files.walk(disk)) {
        files
            .map(Path::toString)
            .filter(
                name ->
                    name.matches(".*(\\.cleaned|\\.swap|\\.deleted|-delete|-future|-moved|\\.tmp)"))
            .forEach(left::add);
      } catch (UncheckedIOException | IOException e) {
        left.add("a file that went while it was looked at");
      }
    }
    return left;
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
    consumer.close();
    admin.close(Duration.ofSeconds(1));
  }
}
