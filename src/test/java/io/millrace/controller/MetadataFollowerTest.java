package io.millrace.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.ImageFeed;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.ClusterId;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.RemoveTopic;
import io.millrace.model.TopicId;
import io.millrace.quorum.QuorumException;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.PreviousLeader;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class MetadataFollowerTest {
  private final ImageFeed feed = new ImageFeed();
  private final List<QuorumException> failures = new ArrayList<>();
  private final MetadataFollower follower =
      new MetadataFollower(
          new ControllerConfig(1, null, 1, (short) 1, true), feed, Runnable::run, new Failures());

  private final class Failures implements MetadataFollower.Listener {
    @Override
    public void onApplied(MetadataImage image) {}

    @Override
    public void onLeader(int lead, PreviousLeader previous) {}

    @Override
    public void onResigned(QuorumException why) {}

    @Override
    public void onFailed(QuorumException why) {
      failures.add(why);
    }

    @Override
    public void onSnapshotWanted(MetadataImage image) {}
  }

  private void commit(long offset, MetadataRecord record) {
    follower.onCommitted(List.of(new Entry(offset, 1, List.of(record))));
  }

  private void assertStoppedAtTheFirst() {
    assertThat(failures).extracting(QuorumException::error).containsExactly(Errors.NOT_CONTROLLER);
    assertThat(follower.problem()).isNotNull();
    commit(1, new Feature("f", 1));
    assertThat(feed.image().offset()).isZero();
  }

  @Test
  void shouldNotGoOnBehindRecordsThatItLacks() {
    commit(0, new ClusterId("c"));
    commit(2, new Feature("f", 1));
    assertStoppedAtTheFirst();
  }

  @Test
  void shouldNotGoOnWithARecordThatDoesNotFit() {
    commit(0, new ClusterId("c"));
    commit(1, new RemoveTopic(new TopicId(1, 1)));
    assertStoppedAtTheFirst();
  }

  @Test
  void shouldNotGoOnBehindRecordsThatABugKeptFromTheImage() {
    commit(0, new ClusterId("c"));
    follower.onSnapshot(5, null);
    assertStoppedAtTheFirst();
  }
}
