package io.millrace.http;

import io.millrace.coordinator.group.GroupSnapshot;
import io.millrace.coordinator.group.PartitionLag;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;

/** Made-up groups. */
final class FakeGroups implements GroupsView {
  final SortedMap<String, GroupLag> groups = new TreeMap<>();
  volatile Errors refusal = Errors.NONE;
  volatile boolean incomplete;

  void add(GroupSnapshot group, PartitionLag... lags) {
    groups.put(group.groupId(), new GroupLag(group, List.of(lags)));
  }

  @Override
  public Future<Page> list(String after, int limit) {
    List<GroupLag> found = new ArrayList<>();
    boolean more = false;
    for (GroupLag group : groups.values()) {
      if (after == null || group.group().groupId().compareTo(after) > 0) {
        more = found.size() == limit;
        if (more) {
          break;
        }
        found.add(group);
      }
    }
    return Future.succeededFuture(new Page(found, more, incomplete));
  }

  @Override
  public Future<GroupLag> describe(String groupId) {
    return refusal == Errors.NONE
        ? Future.succeededFuture(groups.get(groupId))
        : Future.failedFuture(refusal.exception());
  }
}
