package io.millrace.api.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FileSlice;
import io.millrace.model.TopicId;
import io.millrace.protocol.replica.ReplicaCopyAnswer;
import io.millrace.protocol.replica.ReplicaCopyRequest;
import java.nio.channels.FileChannel;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;

class UnsentAnswersTest {
  private final Lease lease = new Lease();

  private static final class Lease implements FileSlice {
    int released;

    @Override
    public FileChannel channel() {
      throw new AssertionError("nobody reads it");
    }

    @Override
    public long position() {
      return 0;
    }

    @Override
    public int length() {
      return 100;
    }

    @Override
    public void onSent(long nanos) {
      throw new AssertionError("it is not sent");
    }

    @Override
    public void release() {
      released++;
    }
  }

  @Test
  void shouldGiveBackWhatAFetchHolds() {
    UnsentAnswers.release(
        new FetchResponseData()
            .setResponses(
                List.of(
                    new FetchableTopicResponse()
                        .setPartitions(
                            List.of(
                                new PartitionData().setRecords(MemoryRecords.EMPTY),
                                new PartitionData().setRecords(new SliceRecords(lease)))))));
    assertThat(lease.released).isOne();
  }

  @Test
  void shouldGiveBackWhatIsMeantForARepair() {
    ReplicaCopyRequest asked = new ReplicaCopyRequest(1, new TopicId(4, 2), 0, 5, 0, 10, 1_000);
    UnsentAnswers.release(ReplicaCopyAnswer.message(asked, Errors.NONE, new SliceRecords(lease)));
    assertThat(lease.released).isOne();
  }

  @Test
  void shouldHaveNothingToGiveBackOfARefusal() {
    UnsentAnswers.release(ReplicaCopyAnswer.refusal(Errors.INVALID_REQUEST));
    UnsentAnswers.release(null);
    assertThat(lease.released).isZero();
  }
}
