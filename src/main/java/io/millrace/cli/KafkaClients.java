package io.millrace.cli;

import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Makes clients from settings. A seam for tests.
 *
 * <p>Owner: any thread.
 */
public interface KafkaClients {
  /** A client for administration; the caller closes it. */
  Admin admin(Map<String, Object> settings);

  /** A producer of bytes; the caller closes it. */
  Producer<byte[], byte[]> producer(Map<String, Object> settings);

  /** A consumer of bytes; the caller closes it. */
  Consumer<byte[], byte[]> consumer(Map<String, Object> settings);

  /** Clients that talk to brokers. */
  static KafkaClients real() {
    return new KafkaClients() {
      @Override
      public Admin admin(Map<String, Object> settings) {
        return Admin.create(settings);
      }

      @Override
      public Producer<byte[], byte[]> producer(Map<String, Object> settings) {
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
      }

      @Override
      public Consumer<byte[], byte[]> consumer(Map<String, Object> settings) {
        return new KafkaConsumer<>(
            settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      }
    };
  }
}
