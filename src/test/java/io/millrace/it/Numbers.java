package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Records whose values are numbers, so that a group can be asked whether it has seen them all.
 *
 * <p>Owner: any thread.
 */
final class Numbers {
  private Numbers() {}

  /** Produces the numbers and awaits their acknowledgements. */
  static void produce(Clients clients, String topic, int partitions, int from, int toExclusive)
      throws Exception {
    clients.produce(Map.of(), records(topic, partitions, from, toExclusive));
  }

  /** The numbers, one after the other, in turn to each partition. */
  static List<ProducerRecord<byte[], byte[]>> records(
      String topic, int partitions, int from, int toExclusive) {
    return IntStream.range(from, toExclusive)
        .mapToObj(
            number ->
                new ProducerRecord<byte[], byte[]>(
                    topic, number % partitions, null, JavaClientIT.bytes("" + number)))
        .toList();
  }

  /** All numbers that are in the topic now. */
  static List<Integer> read(Clients clients, String topic) {
    return clients.consumeAll(topic).stream()
        .map(record -> Integer.parseInt(new String(record.value(), StandardCharsets.UTF_8)))
        .toList();
  }

  /** Fails unless all numbers below the given one are there, and no others. */
  static void assertAllBelow(int toExclusive, Collection<Integer> seen) {
    Set<Integer> missing = new HashSet<>(IntStream.range(0, toExclusive).boxed().toList());
    missing.removeAll(seen);
    assertThat(missing).as("numbers that nobody has seen").isEmpty();
    assertThat(seen).allMatch(number -> number >= 0 && number < toExclusive);
  }
}
