package io.millrace.it;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A member of a group until it is killed: prints what {@link MemberProcess} reads, and commits what
 * it has printed. Arguments: bootstrap, group, topic, settings as key=value.
 *
 * <p>Owner: the main thread.
 */
final class JavaMember {
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  private JavaMember() {}

  /** Says when its member is the one that assigns. */
  public static final class TellingCooperative extends CooperativeStickyAssignor {
    @Override
    public GroupAssignment assign(Cluster metadata, GroupSubscription subscriptions) {
      print("leading;");
      return super.assign(metadata, subscriptions);
    }
  }

  /** Says when its member is the one that assigns. */
  public static final class TellingRange extends RangeAssignor {
    @Override
    public GroupAssignment assign(Cluster metadata, GroupSubscription subscriptions) {
      print("leading;");
      return super.assign(metadata, subscriptions);
    }
  }

  /** Runs until the process ends. */
  public static void main(String[] args) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", args[0]);
    config.put("group.id", args[1]);
    config.put("enable.auto.commit", false);
    config.put("auto.offset.reset", "earliest");
    config.put("heartbeat.interval.ms", 200);
    config.put("fetch.max.wait.ms", 100);
    config.put("retry.backoff.ms", 20);
    config.put("reconnect.backoff.ms", 20);
    config.put("reconnect.backoff.max.ms", 100);
    for (String setting : List.of(args).subList(3, args.length)) {
      config.put(
          setting.substring(0, setting.indexOf('=')), setting.substring(setting.indexOf('=') + 1));
    }
    if ("consumer".equals(config.get("group.protocol"))) {
      // The node decides on it.
      config.remove("heartbeat.interval.ms");
    }
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(List.of(args[2]), new Telling(consumer));
      while (true) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
        for (ConsumerRecord<byte[], byte[]> record : records) {
          OUT.print(
              "record "
                  + record.partition()
                  + " "
                  + record.offset()
                  + " "
                  + new String(record.value(), StandardCharsets.UTF_8)
                  + ";\n");
        }
        OUT.flush();
        if (!records.isEmpty()) {
          commit(consumer);
        }
      }
    }
  }

  private static void commit(KafkaConsumer<byte[], byte[]> consumer) {
    try {
      consumer.commitSync(Duration.ofSeconds(30));
    } catch (CommitFailedException | RebalanceInProgressException | TimeoutException e) {
      // Whoever owns the partitions next reads the records again.
      print("# " + e);
    }
  }

  private static void print(String line) {
    OUT.print(line + "\n");
    OUT.flush();
  }

  private record Telling(KafkaConsumer<byte[], byte[]> consumer)
      implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      print(
          "assigned "
              + consumer.groupMetadata().generationId()
              + " "
              + list(consumer.assignment())
              + ";");
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      print("revoked " + list(partitions) + ";");
    }

    private static String list(Collection<TopicPartition> partitions) {
      return partitions.stream()
          .map(partition -> Integer.toString(partition.partition()))
          .sorted()
          .collect(Collectors.joining(","));
    }
  }
}
