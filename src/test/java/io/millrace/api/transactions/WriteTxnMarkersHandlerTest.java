package io.millrace.api.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakePartitions;
import io.millrace.api.LocalPartitions;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.model.TransactionMarker;
import io.millrace.partition.FetchAsk;
import io.millrace.partition.FetchRead;
import io.millrace.partition.ProduceAppend;
import io.millrace.partition.Replica;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Two partitions are to take markers, and commit them when the test says so. */
class WriteTxnMarkersHandlerTest {
  private final TestImage image = TestImage.ofOne().topic("t", 2);
  private final FakePartitions partitions = new FakePartitions();
  private final Ends first = lead(0);
  private final Ends second = lead(1);
  private final TimedLoop loop = new TimedLoop();

  private Ends lead(int partition) {
    Ends ends = new Ends();
    partitions.add("t", partition).replica = ends;
    return ends;
  }

  private static final class Ends implements Replica {
    private final List<Consumer<Errors>> waiting = new ArrayList<>();

    @Override
    public void endTransaction(TransactionMarker marker, Consumer<Errors> done) {
      waiting.add(done);
    }

    @Override
    public void append(ProduceAppend append) {
      throw new AssertionError("Nothing is produced");
    }

    @Override
    public void read(FetchRead reader, FetchAsk ask) {
      throw new AssertionError("Nothing is fetched");
    }

    @Override
    public void unwatch(FetchRead reader) {
      throw new AssertionError("Nothing is fetched");
    }
  }

  private TestRequest ask() {
    WritableTxnMarker marker =
        new WritableTxnMarker()
            .setProducerId(7)
            .setProducerEpoch((short) 1)
            .setTransactionResult(true)
            .setTopics(
                List.of(
                    new WritableTxnMarkerTopic().setName("t").setPartitionIndexes(List.of(0, 1))));
    return new TestRequest(image, ApiKeys.WRITE_TXN_MARKERS, 1)
        .on(loop)
        .begin(
            new WriteTxnMarkersHandler(new LocalPartitions(partitions), 500),
            new WriteTxnMarkersRequestData().setMarkers(List.of(marker)));
  }

  private static List<Errors> errors(TestRequest request) {
    WriteTxnMarkersResponseData answer = request.await();
    return answer.markers().get(0).topics().get(0).partitions().stream()
        .map(partition -> Errors.forCode(partition.errorCode()))
        .toList();
  }

  @Test
  void shouldAnswerWhenAllAreCommitted() {
    TestRequest request = ask();
    first.waiting.get(0).accept(Errors.NONE);
    assertThat(request.isAnswered()).isFalse();
    second.waiting.get(0).accept(Errors.NOT_ENOUGH_REPLICAS);

    assertThat(errors(request)).containsExactly(Errors.NONE, Errors.NOT_ENOUGH_REPLICAS);
  }

  @Test
  void shouldTellOfTheOthersWhenOnePartitionIsStuck() {
    TestRequest request = ask();
    second.waiting.get(0).accept(Errors.NONE);
    assertThat(loop.delays).containsExactly(500L);

    loop.pass();

    assertThat(errors(request)).containsExactly(Errors.REQUEST_TIMED_OUT, Errors.NONE);
    first.waiting.get(0).accept(Errors.NONE);
  }

  @Test
  void shouldWriteNothingThatIsLateBeforeItBegins() {
    Promise<Errors> late = Promise.promise();
    late.complete(Errors.REQUEST_TIMED_OUT);

    WriteTxnMarkersHandler.end(
        partitions.get(TestImage.idOf("t"), 0),
        new TransactionMarker(7, (short) 1, true, 0, 2),
        late);

    assertThat(first.waiting).isEmpty();
  }
}
