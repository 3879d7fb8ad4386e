package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.protocol.RequestEncoder;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;

/** Where large answers are read to, and who may use that memory when. */
class CallsInFlightTest {
  private static final short VERSION = 17;
  private static final int LARGE = 100_000;

  private final FramePool pool = new FramePool();
  private final CallsInFlight calls = new CallsInFlight(pool);
  private int asked;

  private Promise<Peers.Lent> ask(boolean borrows) {
    Promise<Peers.Lent> promise = Promise.promise();
    ByteBuffer frame = RequestEncoder.encode(new FetchRequestData(), VERSION, "node-1");
    calls.add(new PeerCall(ApiKeys.FETCH, VERSION, 1_000, frame, borrows, promise), 0);
    return promise;
  }

  private static ByteBuffer records(byte value) {
    ByteBuffer records = ByteBuffer.allocate(LARGE);
    while (records.hasRemaining()) {
      records.put(value);
    }
    return records.flip();
  }

  private static ByteBuffer records(Peers.Lent lent) {
    return ((MemoryRecords)
            ((FetchResponseData) lent.message()).responses().get(0).partitions().get(0).records())
        .buffer();
  }

  /** The next answer arrives, in the memory that is meant for it. */
  private ByteBuffer answer(byte value) {
    ByteBuffer header =
        MessageUtil.toByteBufferAccessor(
                new ResponseHeaderData().setCorrelationId(asked++),
                ApiKeys.FETCH.responseHeaderVersion(VERSION))
            .buffer();
    FetchResponseData response =
        new FetchResponseData()
            .setResponses(
                List.of(
                    new FetchableTopicResponse()
                        .setPartitions(
                            List.of(
                                new PartitionData()
                                    .setRecords(MemoryRecords.readableRecords(records(value)))))));
    ByteBufferAccessor body = MessageUtil.toByteBufferAccessor(response, VERSION);
    int length = header.remaining() + body.buffer().remaining();
    ByteBuffer memory = calls.memory(length);
    ByteBuffer frame = memory == null ? ByteBuffer.allocate(length) : memory;
    frame.put(header).put(body.buffer()).flip();
    calls.take(frame, 0).deliver();
    return frame;
  }

  @Test
  void shouldLendTheMemoryOfLargeAnswersAgainWhenItIsGivenBack() {
    Promise<Peers.Lent> first = ask(true);
    ByteBuffer memory = answer((byte) 1);
    assertThat(memory.isDirect()).isTrue();
    assertThat(records(first.future().result())).isEqualTo(records((byte) 1));

    first.future().result().giveBack().run();

    ask(true);
    assertThat(answer((byte) 2)).isSameAs(memory);
  }

  @Test
  void shouldLeaveAnAnswerAloneThatIsNotGivenBack() {
    Promise<Peers.Lent> first = ask(true);
    answer((byte) 1);
    ask(true);
    answer((byte) 2);

    assertThat(records(first.future().result())).isEqualTo(records((byte) 1));
  }

  @Test
  void shouldReadTheAnswersOfOtherCallsToTheHeap() {
    ask(false);

    assertThat(answer((byte) 1).isDirect()).isFalse();
  }

  @Test
  void shouldTakeBackTheMemoryOfAnAnswerThatNobodyWaitsForAnyMore() {
    Promise<Peers.Lent> first = ask(true);
    calls
        .takeAll()
        .forEach(
            call -> {
              call.fail(
                  new PeerException(
                      1, PeerException.Reason.TIMEOUT, null, true, "no answer in time"));
              calls.add(call, 0);
              asked++;
            });
    ByteBuffer memory = answer((byte) 1);

    assertThat(first.future().failed()).isTrue();
    assertThat(pool.take(LARGE + 100)).isSameAs(memory);
  }
}
