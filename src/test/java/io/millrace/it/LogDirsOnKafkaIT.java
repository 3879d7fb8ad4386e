package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDir;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopic;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same requests about log directories, to Millrace and to Apache Kafka. */
@Tag("long")
@Timeout(180)
class LogDirsOnKafkaIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** With an ending of 39 characters a directory of that name would be too long. */
  private static final String LONG_NAME = "n".repeat(225);

  /** Asks one broker and writes down what it answers. */
  private static final class Transcript implements AutoCloseable {
    private final List<String> lines = new ArrayList<>();
    private final Clients clients;
    private final WireClient wire;
    private final Path dir;

    Transcript(BrokerProcess broker, Path dir) {
      this.dir = dir;
      clients = new Clients(broker);
      wire = WireClient.connect(broker.address());
    }

    @Override
    public void close() {
      wire.close();
      clients.close();
    }

    private String path(String name) {
      return dir.resolve(name).toString();
    }

    private AlterReplicaLogDir to(String path, String topic, int... partitions) {
      AlterReplicaLogDir wanted = new AlterReplicaLogDir().setPath(path);
      wanted
          .topics()
          .add(
              new AlterReplicaLogDirTopic()
                  .setName(topic)
                  .setPartitions(Arrays.stream(partitions).boxed().toList()));
      return wanted;
    }

    private void move(String what, AlterReplicaLogDir... wanted) {
      AlterReplicaLogDirsRequestData request = new AlterReplicaLogDirsRequestData();
      for (AlterReplicaLogDir each : wanted) {
        request.dirs().add(each);
      }
      var answer =
          (AlterReplicaLogDirsResponseData) wire.call(ApiKeys.ALTER_REPLICA_LOG_DIRS, 2, request);
      Map<String, String> outcomes = new TreeMap<>();
      answer
          .results()
          .forEach(
              topic ->
                  topic
                      .partitions()
                      .forEach(
                          p ->
                              outcomes.put(
                                  topic.topicName() + "-" + p.partitionIndex(),
                                  Errors.forCode(p.errorCode()).name())));
      lines.add(what + ": " + outcomes);
    }

    private List<DescribeLogDirsResult> dirs(List<DescribableLogDirTopic> topics) {
      DescribeLogDirsRequestData request = new DescribeLogDirsRequestData().setTopics(null);
      if (topics != null) {
        request.setTopics(new DescribeLogDirsRequestData.DescribableLogDirTopicCollection());
        topics.forEach(request.topics()::add);
      }
      var answer = (DescribeLogDirsResponseData) wire.call(ApiKeys.DESCRIBE_LOG_DIRS, 4, request);
      assertThat(answer.errorCode()).isZero();
      return answer.results();
    }

    private void describe(String what, List<DescribableLogDirTopic> topics) {
      Map<String, String> found = new TreeMap<>();
      int directories = 0;
      for (DescribeLogDirsResult result : dirs(topics)) {
        directories++;
        assertThat(result.usableBytes()).isPositive();
        assertThat(result.totalBytes()).isGreaterThanOrEqualTo(result.usableBytes());
        result
            .topics()
            .forEach(
                topic ->
                    topic
                        .partitions()
                        .forEach(
                            p ->
                                found.put(
                                    topic.name() + "-" + p.partitionIndex(),
                                    Errors.forCode(result.errorCode())
                                        + " "
                                        + p.partitionSize()
                                        + " bytes, lag "
                                        + p.offsetLag()
                                        + (p.isFutureKey() ? ", future" : ""))));
      }
      lines.add(what + ": " + directories + " directories, " + found);
    }

    private static DescribableLogDirTopic topic(String name, Integer... partitions) {
      return new DescribableLogDirTopic().setTopic(name).setPartitions(List.of(partitions));
    }

    /** Where the log is alone; null = nowhere, or in two. */
    private String place(String topic, int partition) {
      List<String> places = new ArrayList<>();
      for (DescribeLogDirsResult result : dirs(List.of(topic(topic, partition)))) {
        if (!result.topics().isEmpty()) {
          places.add(result.logDir());
        }
      }
      return places.size() == 1 ? places.get(0) : null;
    }

    private List<String> write() throws Exception {
      clients.createTopic("numbers", 2);
      clients.createTopic(LONG_NAME, 1);
      Await.until("there is a log", PATIENCE, () -> place("numbers", 0) != null);
      Await.until("there is another", PATIENCE, () -> place(LONG_NAME, 0) != null);
      String from = place("numbers", 0);
      String other = from.equals(path("first")) ? path("second") : path("first");
      refused(from);
      describe("all", null);
      describe("none", List.of());
      describe("one", List.of(topic("numbers", 1)));
      describe("unknown", List.of(topic("unknown", 0), topic("numbers", 7)));
      move("where it is", to(from, "numbers", 0));
      move("to the other", to(other, "numbers", 0));
      Await.until("it is there", PATIENCE, () -> other.equals(place("numbers", 0)));
      move("to both", to(other, "numbers", 0), to(from, "numbers", 0));
      Await.until("it is in the last", PATIENCE, () -> from.equals(place("numbers", 0)));
      move("one that is too long", to(path("first"), LONG_NAME, 0));
      move("it again", to(path("second"), LONG_NAME, 0));
      move("it to nowhere", to(path("nowhere"), LONG_NAME, 0));
      describe("after all", null);
      return lines;
    }

    private void refused(String from) throws Exception {
      move("nothing");
      move("to nowhere", to(path("nowhere"), "numbers", 0));
      move("to an empty path", to("", "numbers", 0));
      move("to a relative path", to("second", "numbers", 0));
      move("with a slash behind", to(from + "/", "numbers", 0));
      move("through a dot", to(from + "/.", "numbers", 0));
      Files.createDirectories(dir.resolve("third"));
      move("to one that is not configured", to(path("third"), "numbers", 0));
      move("what does not exist", to(from, "unknown", 0), to(from, "numbers", 7, -1));
      move("what does not exist to nowhere", to(path("nowhere"), "unknown", 0));
      move("without a name", to(from, "", 0));
      move("with a bad name", to(from, "a/b", 0));
    }
  }

  private static List<String> transcript(BrokerProcess broker, Path dir) throws Exception {
    try (broker;
        Transcript transcript = ready(broker, dir)) {
      return transcript.write();
    }
  }

  private static Transcript ready(BrokerProcess broker, Path dir) {
    broker.startAndAwaitReady();
    return new Transcript(broker, dir);
  }

  private static Map<String, String> settings(Path dir) throws Exception {
    Files.createDirectories(dir.resolve("first"));
    Files.createDirectories(dir.resolve("second"));
    return Map.of("log.dirs", dir.resolve("first") + "," + dir.resolve("second"));
  }

  @Test
  void shouldAnswerAsKafkaDoes(@TempDir Path temporary) throws Exception {
    Path ofKafka = temporary.resolve("kafka");
    Path ofMillrace = temporary.resolve("millrace");
    List<String> kafka = transcript(new KafkaProcess(ofKafka, settings(ofKafka)), ofKafka);
    List<String> millrace =
        transcript(new MillraceProcess(ofMillrace, settings(ofMillrace)), ofMillrace);
    assertThat(millrace).containsExactlyElementsOf(kafka);
  }
}
