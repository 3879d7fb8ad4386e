package io.millrace.cli;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;

/**
 * Hands out what a test has prepared, and keeps the settings that were asked for.
 *
 * <p>Owner: the test's thread.
 */
public final class FakeClients implements KafkaClients {
  private Producer<byte[], byte[]> producer;
  private Consumer<byte[], byte[]> consumer;
  private final Map<String, Object> settings = new HashMap<>();

  public FakeClients producer(Producer<byte[], byte[]> fake) {
    producer = fake;
    return this;
  }

  public FakeClients consumer(Consumer<byte[], byte[]> fake) {
    consumer = fake;
    return this;
  }

  /** Of the last client that was asked for. */
  public Map<String, Object> settings() {
    return settings;
  }

  @Override
  public Admin admin(Map<String, Object> asked) {
    throw new KafkaException("Nobody administers fakes");
  }

  @Override
  public Producer<byte[], byte[]> producer(Map<String, Object> asked) {
    settings.putAll(asked);
    return producer;
  }

  @Override
  public Consumer<byte[], byte[]> consumer(Map<String, Object> asked) {
    settings.putAll(asked);
    return consumer;
  }
}
