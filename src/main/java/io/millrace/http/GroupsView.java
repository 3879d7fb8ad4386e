package io.millrace.http;

import io.millrace.coordinator.group.GroupSnapshot;
import io.millrace.coordinator.group.PartitionLag;
import io.vertx.core.Future;
import java.util.List;

/**
 * The groups that this node coordinates, and how far they are behind. Declared here, wired by
 * {@code server}.
 *
 * <p>Owner: any thread.
 */
public interface GroupsView {
  /**
   * A group with the lag of every partition that it has committed an offset for.
   *
   * @param lags by topic and partition, in order
   *     <p>Owner: immutable.
   */
  record GroupLag(GroupSnapshot group, List<PartitionLag> lags) {}

  /**
   * Some groups by id.
   *
   * @param more whether there are greater ids
   * @param incomplete whether groups are missing that are being loaded
   *     <p>Owner: immutable.
   */
  record Page(List<GroupLag> groups, boolean more, boolean incomplete) {}

  /**
   * The groups with the smallest ids, without their members; at most {@code limit}, fewer when they
   * have very many partitions.
   *
   * @param after only greater ids; null = from the first
   */
  Future<Page> list(String after, int limit);

  /**
   * One group, with its members and rebalances; null = there is none. Fails with the coordinator's
   * error, such as COORDINATOR_LOAD_IN_PROGRESS.
   */
  Future<GroupLag> describe(String groupId);
}
