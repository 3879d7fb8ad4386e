package io.millrace.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.CoordinatorRecord;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/** A shard with nothing but classic groups. */
final class ClassicFixture extends ShardFixture {
  static final short VERSION = 9;

  private final ClassicGroupConfig config;
  private int ids;
  Groups groups;
  ClassicGroups classic;

  ClassicFixture(ClassicGroupConfig config) {
    this(config, List.of());
  }

  private ClassicFixture(ClassicGroupConfig config, List<CoordinatorRecord> log) {
    this.config = config;
    log().addAll(log);
    load();
  }

  private void load() {
    groups = new Groups();
    classic = new ClassicGroups(groups, newTimers(), config, () -> Integer.toString(++ids));
    log().forEach(classic::replay);
    classic.onLoaded(null);
  }

  /** The node is gone, and somebody else, or the same node, takes over. */
  void reload() {
    unload();
    load();
  }

  void unload() {
    classic.onUnloaded(Errors.NOT_COORDINATOR);
    assertThat(timers().size()).as("timers that are left").isZero();
  }

  /** Another shard with the same log, to compare with. */
  Groups reread() {
    return new ClassicFixture(config, log()).groups;
  }

  ClassicGroup group(String groupId) {
    return classic.find(groupId);
  }

  @Override
  protected void replay(CoordinatorRecord record) {
    classic.replay(record);
  }
}
