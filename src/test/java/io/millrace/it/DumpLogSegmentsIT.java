package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Apache Kafka's DumpLogSegments reads every file of a partition and finds nothing wrong. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DumpLogSegmentsIT {
  private static final String DUMP = "org.apache.kafka.tools.DumpLogSegments";
  private static final Pattern BATCH =
      Pattern.compile("^baseOffset: (\\d+) lastOffset: (\\d+) count: (\\d+) .* isvalid: (\\w+)");
  private static final Pattern COMPLAINT =
      Pattern.compile(
          // "-1 is followed by" only means that the segment is not the first.
          "[Mm]ismatch|[Ee]rror|Exception|out of order|^ *\\d+ is followed by|isvalid: false");
  private static final int RECORDS_PER_CODEC = 3_000;

  private BrokerProcess broker;
  private Path partition;

  /** Several segments in all compressions, idempotent and not; then a clean stop. */
  @BeforeAll
  void fillAndStop(@TempDir Path dir) throws Exception {
    broker = BrokerProcess.start(dir);
    try (Clients clients = new Clients(broker)) {
      clients.createTopic(
          "dumped", 1, Map.of("segment.bytes", "1048576", "index.interval.bytes", "1024"));
      Random random = new Random(7);
      for (String compression : JavaClientIT.COMPRESSIONS) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < RECORDS_PER_CODEC; i++) {
          records.add(
              new ProducerRecord<>(
                  "dumped",
                  0,
                  JavaClientIT.bytes("key " + i),
                  JavaClientIT.bytes(
                      compression + " value " + i + "x ".repeat(i % 200) + noise(random))));
        }
        clients.produce(
            Map.of(
                "compression.type",
                compression,
                "batch.size",
                4_000,
                "enable.idempotence",
                !compression.equals("gzip")),
            records);
      }
    }
    fillTransactions();
    broker.stop();
    partition = broker.logDir().resolve("dumped-0");
  }

  /** An aborted transaction at offset 0, with its marker at 1; a committed one at 2. */
  private void fillTransactions() throws Exception {
    try (Clients clients = new Clients(broker);
        KafkaProducer<byte[], byte[]> producer =
            clients.producer(Map.of("transactional.id", "dumped"))) {
      clients.createTopic("transactions", 1);
      producer.initTransactions();
      for (String value : List.of("aborted", "committed")) {
        producer.beginTransaction();
        var unused =
            producer.send(new ProducerRecord<>("transactions", 0, null, JavaClientIT.bytes(value)));
        producer.flush();
        if (value.equals("aborted")) {
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
        }
      }
      Await.until(
          "both have their markers",
          Clients.PATIENCE,
          () -> clients.endOffset("transactions", 0) == 4);
    }
  }

  @AfterAll
  void close() {
    broker.close();
  }

  /** Text that no codec makes small, so that segments fill. */
  private static String noise(Random random) {
    byte[] noise = new byte[150];
    random.nextBytes(noise);
    return Base64.getEncoder().encodeToString(noise);
  }

  private List<Path> files(String suffix) throws IOException {
    try (Stream<Path> all = Files.list(partition)) {
      return all.filter(p -> p.toString().endsWith(suffix)).sorted().toList();
    }
  }

  private static List<String> dump(Path file, String... options) {
    List<String> args = new ArrayList<>(List.of("--files", file.toString()));
    Collections.addAll(args, options);
    Tool.Result result = Tool.run(DUMP, args.toArray(String[]::new)).succeeded();
    // The tool reports its findings in words and ends with 0 all the same.
    assertThat((result.out() + result.err()).lines())
        .filteredOn(line -> !line.startsWith("| offset: "))
        .filteredOn(line -> COMPLAINT.matcher(line).find())
        .isEmpty();
    return result.lines();
  }

  @Test
  void shouldReadMarkersAndAbortedTransactions() throws Exception {
    Path transactions = broker.logDir().resolve("transactions-0");

    assertThat(dump(transactions.resolve("00000000000000000000.log"), "--print-data-log"))
        .anyMatch(line -> line.contains("endTxnMarker: ABORT"))
        .anyMatch(line -> line.contains("endTxnMarker: COMMIT"));
    assertThat(dump(transactions.resolve("00000000000000000000.txnindex")))
        .filteredOn(line -> line.contains("firstOffset"))
        .singleElement(STRING)
        .contains("firstOffset: 0 lastOffset: 1");
  }

  @Test
  void shouldReadAllBatchesInOrder() throws Exception {
    List<Path> logs = files(".log");
    assertThat(logs).hasSizeGreaterThan(2);
    long next = 0;
    for (Path log : logs) {
      for (String line : dump(log)) {
        Matcher batch = BATCH.matcher(line);
        if (batch.find()) {
          assertThat(Long.parseLong(batch.group(1))).as(line).isEqualTo(next);
          assertThat(batch.group(4)).as(line).isEqualTo("true");
          next = Long.parseLong(batch.group(2)) + 1;
        }
      }
    }
    assertThat(next).isEqualTo(5L * RECORDS_PER_CODEC);
  }

  @Test
  void shouldReadAllRecordsDeeply() throws Exception {
    List<String> records = new ArrayList<>();
    for (Path log : files(".log")) {
      dump(log, "--deep-iteration", "--print-data-log").stream()
          .filter(line -> line.startsWith("| offset: "))
          .forEach(records::add);
    }
    assertThat(records).hasSize(5 * RECORDS_PER_CODEC);
    assertThat(records.get(4 * RECORDS_PER_CODEC + 7))
        .contains("offset: " + (4 * RECORDS_PER_CODEC + 7) + " ", "payload: zstd value 7x");
  }

  @Test
  void shouldFindTheOffsetIndexesSane() throws Exception {
    List<Path> indexes = files(".index");
    assertThat(indexes).hasSameSizeAs(files(".log"));
    assertThat(Files.size(indexes.get(0))).isPositive();
    for (Path index : indexes) {
      assertThat(dump(index, "--index-sanity-check"))
          .anySatisfy(line -> assertThat(line).contains("passed sanity check"));
      dump(index, "--verify-index-only");
    }
    assertThat(dump(indexes.get(0)))
        .filteredOn(l -> l.startsWith("offset: "))
        .hasSizeGreaterThan(9);
  }

  @Test
  void shouldFindTheTimeIndexesSane() throws Exception {
    List<Path> indexes = files(".timeindex");
    assertThat(indexes).hasSameSizeAs(files(".log"));
    for (Path index : indexes) {
      assertThat(dump(index, "--index-sanity-check"))
          .anySatisfy(line -> assertThat(line).contains("passed sanity check"));
      assertThat(dump(index)).filteredOn(l -> l.startsWith("timestamp: ")).isNotEmpty();
    }
  }

  @Test
  void shouldReadTheProducerSnapshots() throws Exception {
    List<Path> snapshots = files(".snapshot");
    assertThat(snapshots).isNotEmpty();

    // Of each producer there may be several entries; the last one counts for Kafka.
    Map<String, String> lastEntries = new HashMap<>();
    for (String line : dump(snapshots.get(snapshots.size() - 1))) {
      if (line.startsWith("producerId: ")) {
        lastEntries.put(line.substring(0, line.indexOf(" producerEpoch")), line);
      }
    }
    assertThat(lastEntries).hasSize(4);
    assertThat(lastEntries.values())
        .allSatisfy(
            line ->
                assertThat(line)
                    .contains("producerEpoch: 0", "lastSequence: 2999", "999 offsetDelta"));
  }
}
