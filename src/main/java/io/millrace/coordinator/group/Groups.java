package io.millrace.coordinator.group;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/**
 * The groups of one shard by id, whatever their kind; all parts of the shard share it. Durable
 * kinds put and remove theirs in replay only.
 *
 * <p>Owner: partition loop.
 */
public final class Groups {
  private final Map<String, Group> byId = new HashMap<>();

  /** null = there is none of this id. */
  public Group get(String groupId) {
    return byId.get(groupId);
  }

  /** Puts a group in, in the place of one with the same id. */
  public void put(Group group) {
    byId.put(group.groupId(), group);
  }

  /** Takes a group out; nothing if there is none. */
  public void remove(String groupId) {
    byId.remove(groupId);
  }

  /** All of them, in no order. */
  public Collection<Group> all() {
    return Collections.unmodifiableCollection(byId.values());
  }
}
