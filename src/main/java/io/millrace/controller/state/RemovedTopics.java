package io.millrace.controller.state;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.List;

/**
 * Forgets deleted topics once every node that was registered has seen the deletion.
 *
 * <p>Owner: any thread.
 */
public final class RemovedTopics {
  /** So many are forgotten with one record. */
  static final int MAX_AT_ONCE = 1_000;

  private RemovedTopics() {}

  /**
   * At most one record.
   *
   * @param here the controller's own node, which has seen what is committed
   */
  public static List<MetadataRecord> decide(
      MetadataImage image, BrokerSessions sessions, int here) {
    List<TopicId> seenByAll = new ArrayList<>();
    image
        .removedTopics()
        .forEach(
            (id, topic) -> {
              if (seenByAll.size() < MAX_AT_ONCE
                  && topic.nodes().stream()
                      .allMatch(
                          nodeId ->
                              nodeId == here || hasSeen(image, sessions, nodeId, topic.offset()))) {
                seenByAll.add(id);
              }
            });
    return seenByAll.isEmpty() ? List.of() : List.of(new MetadataRecord.ForgetTopics(seenByAll));
  }

  private static boolean hasSeen(
      MetadataImage image, BrokerSessions sessions, int nodeId, long offset) {
    BrokerImage broker = image.brokers().get(nodeId);
    // Whoever serves has put its logs in order; before that it may yet need to know.
    return broker == null
        || (!broker.fenced() && sessions.metadataOffset(nodeId, broker.epoch()) >= offset);
  }
}
