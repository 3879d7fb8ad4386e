package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.transaction.TransactionFixture.Awaited;
import io.millrace.coordinator.transaction.TransactionFixture.Ordered;
import io.millrace.model.TopicPartition;
import io.millrace.transcript.Transcript;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The life of a transactional id as text, as {@link Transcript} says. The lines that begin with a
 * number are the answers to the command of that number, which may come late; then follow the
 * records, the markers that are to be written, and the state.
 */
class TransactionTranscriptTest {
  private static final Path FILES = Path.of("src/test/resources/coordinator/transaction");

  @TestFactory
  Stream<DynamicTest> shouldDoWhatTheTranscriptSays() throws IOException {
    return Transcript.tests(FILES, Run::new);
  }

  private record Asked(Awaited<?> reply, Supplier<String> text) {}

  /** One file. */
  private static final class Run extends Transcript {
    private final StringBuilder out = out();
    private final Map<Integer, Asked> asked = new LinkedHashMap<>();
    private TransactionFixture shard;
    private int commands;
    private int recordsShown;
    private int ordersShown;

    @Override
    protected void configure(Map<String, String> with) {
      shard =
          new TransactionFixture(
              new TransactionConfig(
                  900_000, number(with, "expire", 604_800_000), 3_600_000, true, 1_000, 32));
      shard.transactionVersion = number(with, "version", 2);
    }

    @Override
    protected void command(String line, Map<String, String> with) {
      commands++;
      List<String> plain =
          Arrays.stream(line.split(" ", -1)).filter(word -> !word.contains("=")).toList();
      switch (plain.get(0)) {
        case "init" -> init(plain.subList(1, plain.size()), with);
        case "add" -> add(plain.subList(1, plain.size()), false, with);
        case "verify" -> add(plain.subList(1, plain.size()), true, with);
        case "offsets" -> offsets(plain.get(1), with);
        case "commit" -> end(true, with);
        case "abort" -> end(false, with);
        case "written" -> written(plain.subList(1, plain.size()));
        case "epoch" -> shard.setEpoch(Integer.parseInt(plain.get(1)));
        case "after" -> shard.advance(Long.parseLong(plain.get(1)));
        case "hold" -> shard.holdCommits();
        case "committed" -> shard.commit();
        case "late" -> shard.timeOutCommits();
        case "refuse" -> shard.refuseNext(Errors.valueOf(plain.get(1)));
        case "failover" -> {
          shard.failOver(plain.contains("kept") ? shard.uncommittedRecords() : 0);
          recordsShown = Math.min(recordsShown, shard.log.size());
        }
        default -> throw new IllegalArgumentException(line);
      }
      showAnswers();
      showRecords();
      showMarkers();
      showState();
    }

    // ---- commands

    private static int producer(Map<String, String> with) {
      return number(with, "pid", 1);
    }

    private static int epoch(Map<String, String> with) {
      return number(with, "epoch", 0);
    }

    private void init(List<String> flags, Map<String, String> with) {
      InitProducerIdRequestData request =
          TransactionFixture.initRequest()
              .setTransactionTimeoutMs(number(with, "timeout", TransactionFixture.TIMEOUT_MS))
              .setProducerId(number(with, "pid", -1))
              .setProducerEpoch((short) number(with, "epoch", -1))
              .setEnable2Pc(flags.contains("2pc"))
              .setKeepPreparedTxn(flags.contains("keep"));
      Awaited<InitProducerIdResponseData> reply = shard.init(request, (short) number(with, "v", 6));
      asked.put(
          commands,
          new Asked(
              reply,
              () ->
                  TransactionFixture.begun(reply)
                      + (reply.value() == null || reply.value().ongoingTxnProducerId() < 0
                          ? ""
                          : " ongoing %d %d"
                              .formatted(
                                  reply.value().ongoingTxnProducerId(),
                                  reply.value().ongoingTxnProducerEpoch()))));
    }

    private void add(List<String> partitions, boolean verifyOnly, Map<String, String> with) {
      var reply =
          shard.add(
              number(with, "v", 5),
              TransactionFixture.addRequest(
                  producer(with), epoch(with), verifyOnly, partitions.toArray(String[]::new)));
      asked.put(commands, new Asked(reply, () -> TransactionFixture.added(reply)));
    }

    private void offsets(String partition, Map<String, String> with) {
      Awaited<Errors> reply =
          shard.ask(
              answer ->
                  shard.shard.addOffsets(
                      TransactionFixture.ID,
                      producer(with),
                      (short) epoch(with),
                      TransactionFixture.partition(partition),
                      (short) number(with, "v", 4),
                      answer));
      asked.put(commands, new Asked(reply, () -> reply.value().name()));
    }

    private void end(boolean commits, Map<String, String> with) {
      var reply = shard.end(number(with, "v", 5), producer(with), epoch(with), commits);
      asked.put(commands, new Asked(reply, () -> TransactionFixture.ended(reply)));
    }

    private void written(List<String> partitions) {
      if (partitions.isEmpty()) {
        shard.written(TransactionFixture.ID);
      } else {
        shard.report(
            TransactionFixture.ID,
            shard.marker(),
            TransactionFixture.partitions(partitions.toArray(String[]::new)));
      }
    }

    // ---- what came of it

    private void showAnswers() {
      List<Integer> done = new ArrayList<>();
      asked.forEach(
          (number, one) -> {
            if (one.reply.isDone()) {
              String text =
                  one.reply.failure() == null ? one.text.get() : "failed " + one.reply.failure();
              out.append(number).append(": ").append(text).append('\n');
              done.add(number);
            }
          });
      done.forEach(asked::remove);
    }

    private void showRecords() {
      for (CoordinatorRecord record : shard.log.subList(recordsShown, shard.log.size())) {
        out.append("record ");
        if (record.value() == null) {
          out.append("tombstone");
        } else {
          show(
              TransactionRecords.read(
                  (TransactionLogKey) record.key(), (TransactionLogValue) record.value()));
        }
        out.append('\n');
      }
      recordsShown = shard.log.size();
    }

    private void showMarkers() {
      if (shard.orders > ordersShown) {
        Ordered order = shard.ordered.get(TransactionFixture.ID);
        out.append("marker ")
            .append(order.marker().commits() ? "commit " : "abort ")
            .append(order.marker().producerId())
            .append(' ')
            .append(order.marker().producerEpoch())
            .append(" of coordinator ")
            .append(order.marker().coordinatorEpoch())
            .append(" version ")
            .append(order.marker().transactionVersion())
            .append(" to ")
            .append(names(order.partitions()))
            .append('\n');
      }
      ordersShown = shard.orders;
    }

    private void showState() {
      if (shard.transaction() == null) {
        out.append("unknown\n");
      } else {
        show(shard.transaction());
        out.append('\n');
      }
    }

    private void show(Transaction transaction) {
      out.append(transaction.state().shown())
          .append(' ')
          .append(transaction.producerId())
          .append(' ')
          .append(transaction.producerEpoch());
      if (transaction.lastProducerEpoch() >= 0) {
        out.append(" last ").append(transaction.lastProducerEpoch());
      }
      if (transaction.nextProducerId() >= 0) {
        out.append(" next ").append(transaction.nextProducerId());
        out.append(' ').append(Math.max(0, transaction.nextProducerEpoch()));
      }
      if (!transaction.partitions().isEmpty()) {
        out.append(' ').append(names(transaction.partitions()));
      }
    }

    private static String names(Set<TopicPartition> partitions) {
      return partitions.stream()
          .map(TopicPartition::toString)
          .sorted()
          .collect(Collectors.joining(","));
    }
  }
}
