package io.millrace.it;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What the tests do with Apache Kafka's Java clients, as verbs.
 *
 * <p>Owner: the test's thread.
 */
final class Clients implements AutoCloseable {
  /** More than any single request of the tests should take on a busy machine. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private final String bootstrap;
  private final boolean leadsAtOnce;
  private final Admin admin;

  Clients(BrokerProcess broker) {
    this(broker.bootstrap(), broker instanceof MillraceProcess);
  }

  /** Through whichever node is there. */
  Clients(TestCluster cluster) {
    this(cluster.bootstrap(), true);
  }

  private Clients(String bootstrap, boolean leadsAtOnce) {
    this.bootstrap = bootstrap;
    this.leadsAtOnce = leadsAtOnce;
    this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
  }

  Admin admin() {
    return admin;
  }

  String bootstrap() {
    return bootstrap;
  }

  /** Waits for the answer and unwraps the broker's error. */
  static <T> T await(Future<T> future) throws Exception {
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    } catch (TimeoutException e) {
      throw new AssertionError("no answer within " + PATIENCE, e);
    }
  }

  Clients createTopic(String name, int partitions) throws Exception {
    return createTopic(name, partitions, Map.of());
  }

  Clients createTopic(String name, int partitions, Map<String, String> configs) throws Exception {
    return createTopic(name, partitions, 1, configs);
  }

  Clients createTopic(String name, int partitions, int replicas, Map<String, String> configs)
      throws Exception {
    await(
        admin
            .createTopics(
                List.of(new NewTopic(name, partitions, (short) replicas).configs(configs)))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
    if (!leadsAtOnce) {
      awaitLeaders(name, partitions);
    }
    return this;
  }

  /** Apache Kafka answers CreateTopics before its partitions have become leaders. */
  private void awaitLeaders(String topic, int partitions) {
    Map<TopicPartition, OffsetSpec> specs = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      specs.put(new TopicPartition(topic, partition), OffsetSpec.latest());
    }
    Await.until(
        "all partitions of " + topic + " have leaders",
        PATIENCE,
        () -> {
          try {
            await(admin.listOffsets(specs).all().toCompletionStage().toCompletableFuture());
            return true;
          } catch (Exception e) {
            return false;
          }
        });
  }

  KafkaProducer<byte[], byte[]> producer(Map<String, ?> config) {
    Map<String, Object> all = new HashMap<>();
    all.put("bootstrap.servers", bootstrap);
    all.put("request.timeout.ms", 20_000);
    all.put("delivery.timeout.ms", (int) PATIENCE.toMillis());
    all.put("max.block.ms", PATIENCE.toMillis());
    all.putAll(config);
    return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
  }

  KafkaConsumer<byte[], byte[]> consumer(Map<String, ?> config) {
    Map<String, Object> all = new HashMap<>();
    all.put("bootstrap.servers", bootstrap);
    all.put("enable.auto.commit", false);
    all.put("auto.offset.reset", "none");
    all.put("fetch.max.wait.ms", 50);
    all.putAll(config);
    return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** Sends all the records and waits for the acknowledgements, in the order of the records. */
  List<RecordMetadata> produce(
      Map<String, ?> config, Collection<ProducerRecord<byte[], byte[]>> records) throws Exception {
    List<CompletableFuture<RecordMetadata>> acks = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer = producer(config)) {
      for (ProducerRecord<byte[], byte[]> record : records) {
        acks.add(send(producer, record));
      }
      producer.flush();
    }
    List<RecordMetadata> metadata = new ArrayList<>();
    for (CompletableFuture<RecordMetadata> ack : acks) {
      metadata.add(await(ack));
    }
    return metadata;
  }

  /** Sends a record without waiting. */
  static CompletableFuture<RecordMetadata> send(
      KafkaProducer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
    CompletableFuture<RecordMetadata> ack = new CompletableFuture<>();
    // The callback says the same as the returned future, but can be chained.
    var unused =
        producer.send(
            record,
            (metadata, failure) -> {
              if (failure == null) {
                ack.complete(metadata);
              } else {
                ack.completeExceptionally(failure);
              }
            });
    return ack;
  }

  /** Everything in the topic: partition by partition, each in order of its offsets. */
  List<ConsumerRecord<byte[], byte[]>> consumeAll(String topic) {
    return consumeAll(topic, Map.of());
  }

  List<ConsumerRecord<byte[], byte[]>> consumeAll(String topic, Map<String, ?> config) {
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
    consumeEach(topic, config, all::add);
    return all;
  }

  /** Reads all that is there now, one partition after the other, and keeps none of it. */
  void consumeEach(
      String topic, Map<String, ?> config, Consumer<ConsumerRecord<byte[], byte[]>> reader) {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(config)) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (PartitionInfo info : consumer.partitionsFor(topic, PATIENCE)) {
        partitions.add(new TopicPartition(topic, info.partition()));
      }
      partitions.sort((a, b) -> Integer.compare(a.partition(), b.partition()));
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, PATIENCE);
      for (TopicPartition partition : partitions) {
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (consumer.position(partition, PATIENCE) < ends.get(partition)) {
          consumer.poll(Duration.ofSeconds(1)).forEach(reader);
          if (System.nanoTime() - deadline > 0) {
            throw new AssertionError(
                partition
                    + " stands at "
                    + consumer.position(partition)
                    + " of "
                    + ends.get(partition));
          }
        }
      }
    }
  }

  /** The topic's partitions as a node of the cluster describes them, once that knows of them. */
  List<TopicPartitionInfo> partitions(String topic) {
    AtomicReference<List<TopicPartitionInfo>> found = new AtomicReference<>();
    Await.until(
        topic + " is known",
        PATIENCE,
        () -> {
          try {
            found.set(
                await(admin.describeTopics(List.of(topic)).topicNameValues().get(topic))
                    .partitions());
            return true;
          } catch (UnknownTopicOrPartitionException e) {
            return false; // it was created at another node a moment ago
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    return found.get();
  }

  /** Sets a config, of a broker, a topic or a group. */
  void configure(ConfigResource.Type type, String name, String key, String value) {
    AlterConfigOp set = new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET);
    answer(
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(type, name), List.of(set))).all());
  }

  /** The value of a config of a topic; fails with what the broker answers. */
  String topicConfig(String topic, String key) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    return await(admin.describeConfigs(List.of(resource)).values().get(resource)).get(key).value();
  }

  /** What a group has committed. */
  Map<TopicPartition, OffsetAndMetadata> committed(String group) {
    return answer(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
  }

  /** The sum of a group's offsets. */
  long committedInAll(String group) {
    return committed(group).values().stream().mapToLong(OffsetAndMetadata::offset).sum();
  }

  ConsumerGroupDescription describeGroup(String group) {
    return answer(admin.describeConsumerGroups(List.of(group)).describedGroups().get(group));
  }

  /** For what must succeed, also within conditions. */
  private static <T> T answer(KafkaFuture<T> future) {
    try {
      return await(future.toCompletionStage().toCompletableFuture());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  long endOffset(String topic, int partition) {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of())) {
      TopicPartition of = new TopicPartition(topic, partition);
      return consumer.endOffsets(List.of(of), PATIENCE).get(of);
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(1));
  }
}
