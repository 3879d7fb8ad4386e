package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.tools.consumer.OffsetsMessageFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Real clients that commit offsets without being members of a group, against a real node. */
@Timeout(180)
class CommittedOffsetsTest {
  private static final TopicPartition T0 = new TopicPartition("t", 0);
  private static final TopicPartition T1 = new TopicPartition("t", 1);
  private static final String OFFSETS = "__consumer_offsets";

  @RegisterExtension final LoopsNeverBlock loops = new LoopsNeverBlock();
  @TempDir Path directory;
  private NodeFixture node;

  @BeforeEach
  void startNode() throws Exception {
    node = start();
    try (Admin admin = admin()) {
      admin.createTopics(List.of(new NewTopic("t", 2, (short) 1))).all().get(60, TimeUnit.SECONDS);
    }
  }

  @AfterEach
  void stopNode() throws Exception {
    node.close();
  }

  private NodeFixture start() throws Exception {
    return NodeFixture.start(Map.of("log.dirs", directory.toString()));
  }

  private void restart() throws Exception {
    node.close();
    node = start();
  }

  private Map<String, Object> bootstrap() {
    return Map.of("bootstrap.servers", node.bootstrap());
  }

  private Admin admin() {
    return Admin.create(bootstrap());
  }

  private KafkaConsumer<byte[], byte[]> consumer(String group) {
    Map<String, Object> config = new HashMap<>(bootstrap());
    if (group != null) {
      config.put("group.id", group);
    }
    config.put("auto.offset.reset", "earliest");
    config.put("enable.auto.commit", "false");
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private void commit(String group, Map<TopicPartition, OffsetAndMetadata> offsets) {
    try (var consumer = consumer(group)) {
      consumer.assign(offsets.keySet());
      consumer.commitSync(offsets);
    }
  }

  private Map<TopicPartition, OffsetAndMetadata> committed(String group, TopicPartition... of) {
    try (var consumer = consumer(group)) {
      return consumer.committed(Set.of(of));
    }
  }

  @Test
  void shouldKeepCommittedOffsetsOverARestart() throws Exception {
    OffsetAndMetadata first = new OffsetAndMetadata(17, Optional.of(0), "note");
    commit("g", Map.of(T0, first, T1, new OffsetAndMetadata(3)));
    commit("g", Map.of(T1, new OffsetAndMetadata(4)));
    assertThat(committed("g", T0, T1)).containsEntry(T0, first);

    restart();

    assertThat(committed("g", T0, T1))
        .containsEntry(T0, first)
        .containsEntry(T1, new OffsetAndMetadata(4));
    commit("g", Map.of(T1, new OffsetAndMetadata(5)));
    assertThat(committed("g", T1)).containsEntry(T1, new OffsetAndMetadata(5));
    assertThat(committed("nobody", T0)).containsEntry(T0, null);
  }

  @Test
  void shouldContinueWhereTheLastConsumerStopped() throws Exception {
    try (var producer =
        new KafkaProducer<>(bootstrap(), new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; i < 10; i++) {
        ProducerRecord<byte[], byte[]> record =
            new ProducerRecord<>("t", 0, null, new byte[] {(byte) i});
        assertThat(producer.send(record).get(60, TimeUnit.SECONDS).offset()).isEqualTo(i);
      }
    }
    try (var consumer = consumer("g")) {
      consumer.assign(List.of(T0));
      consumer.commitSync(Map.of(T0, new OffsetAndMetadata(6)));
    }

    try (var consumer = consumer("g")) {
      consumer.assign(List.of(T0));
      assertThat(poll(consumer, 4)).extracting(ConsumerRecord::offset).startsWith(6L);
    }
  }

  private static List<ConsumerRecord<byte[], byte[]>> poll(
      KafkaConsumer<byte[], byte[]> consumer, int count) {
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (all.size() < count && System.nanoTime() < end) {
      consumer.poll(Duration.ofMillis(200)).forEach(all::add);
    }
    return all;
  }

  @Test
  void shouldBeAdministered() throws Exception {
    commit("g", Map.of(T0, new OffsetAndMetadata(1), T1, new OffsetAndMetadata(2)));
    try (Admin admin = admin()) {
      admin
          .alterConsumerGroupOffsets("g", Map.of(T0, new OffsetAndMetadata(9)))
          .all()
          .get(60, TimeUnit.SECONDS);
      admin.deleteConsumerGroupOffsets("g", Set.of(T1)).all().get(60, TimeUnit.SECONDS);

      assertThat(
              admin
                  .listConsumerGroupOffsets("g")
                  .partitionsToOffsetAndMetadata()
                  .get(60, TimeUnit.SECONDS))
          .isEqualTo(Map.of(T0, new OffsetAndMetadata(9)));
      assertThatThrownBy(
              () ->
                  admin
                      .deleteConsumerGroupOffsets("g", Set.of(new TopicPartition("no", 0)))
                      .all()
                      .get(60, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
    }
  }

  @Test
  void shouldForgetTheOffsetsOfADeletedTopic() throws Exception {
    commit("g", Map.of(T0, new OffsetAndMetadata(1)));
    try (Admin admin = admin()) {
      admin.deleteTopics(List.of("t")).all().get(60, TimeUnit.SECONDS);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      Map<TopicPartition, OffsetAndMetadata> left;
      do {
        left =
            admin
                .listConsumerGroupOffsets("g")
                .partitionsToOffsetAndMetadata()
                .get(60, TimeUnit.SECONDS);
      } while (!left.isEmpty() && System.nanoTime() < end);

      assertThat(left).isEmpty();
    }
  }

  @Test
  void shouldMakeTheOffsetsTopicAnInternalOne() throws Exception {
    commit("g", Map.of(T0, new OffsetAndMetadata(1)));
    try (Admin admin = admin()) {
      assertThat(admin.listTopics().names().get(60, TimeUnit.SECONDS)).containsExactly("t");
      assertThat(
              admin
                  .listTopics(new ListTopicsOptions().listInternal(true))
                  .names()
                  .get(60, TimeUnit.SECONDS))
          .containsExactlyInAnyOrder("t", OFFSETS);
      var topic = admin.describeTopics(List.of(OFFSETS)).allTopicNames().get(60, TimeUnit.SECONDS);
      assertThat(topic.get(OFFSETS).isInternal()).isTrue();
      assertThat(topic.get(OFFSETS).partitions())
          .hasSize(50)
          .allMatch(partition -> partition.replicas().size() == 1);
      ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, OFFSETS);
      var configs = admin.describeConfigs(List.of(resource)).all().get(60, TimeUnit.SECONDS);
      assertThat(configs.get(resource).get("cleanup.policy").value()).isEqualTo("compact");
      assertThat(configs.get(resource).get("segment.bytes").value()).isEqualTo("104857600");
    }
  }

  @Test
  void shouldNotLetClientsWriteIntoTheOffsetsTopic() throws Exception {
    commit("g", Map.of(T0, new OffsetAndMetadata(1)));
    try (var producer =
        new KafkaProducer<>(bootstrap(), new ByteArraySerializer(), new ByteArraySerializer())) {
      var sent = producer.send(new ProducerRecord<>(OFFSETS, 0, new byte[1], new byte[1]));

      assertThatThrownBy(() -> sent.get(60, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(InvalidTopicException.class);
    }
  }

  @Test
  void shouldBeReadByKafkasOwnFormatter() throws Exception {
    commit("g", Map.of(T0, new OffsetAndMetadata(42, Optional.of(0), "note")));
    try (Admin admin = admin()) {
      admin.deleteConsumerGroupOffsets("g", Set.of(T0)).all().get(60, TimeUnit.SECONDS);
    }
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (var consumer = consumer(null);
        PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);
        OffsetsMessageFormatter formatter = new OffsetsMessageFormatter()) {
      formatter.configure(Map.of());
      List<TopicPartition> all = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        all.add(new TopicPartition(OFFSETS, i));
      }
      consumer.assign(all);
      for (ConsumerRecord<byte[], byte[]> record : poll(consumer, 2)) {
        formatter.writeTo(record, out);
        out.println();
      }
    }

    assertThat(text.toString(StandardCharsets.UTF_8).lines().toList())
        .hasSize(2)
        .allMatch(line -> line.contains("\"group\":\"g\"") && line.contains("\"topic\":\"t\""))
        .satisfies(lines -> assertThat(lines.get(0)).contains("\"offset\":42").contains("note"))
        .satisfies(lines -> assertThat(lines.get(1)).contains("\"value\":null"));
  }
}
