package io.millrace.coordinator;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Shard;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;

/** The simplest shard: numbers by name. */
final class RegisterShard implements Shard {
  final Timers timers;
  final Map<String, Long> numbers = new TreeMap<>();
  final List<Reply<Long>> kept = new ArrayList<>();
  boolean loaded;
  Errors unloaded;
  // The record of this name cannot be applied.
  String poison;

  RegisterShard(Timers timers) {
    this.timers = timers;
  }

  static CoordinatorRecord record(String name, Long number) {
    OffsetCommitKey key = new OffsetCommitKey().setGroup(name).setTopic("t").setPartition(0);
    return number == null
        ? CoordinatorRecord.tombstone(key)
        : new CoordinatorRecord(
            key, new OffsetCommitValue().setOffset(number).setMetadata(""), (short) 4);
  }

  Decision set(String name, Long number, Reply<Long> reply) {
    return new Decision().append(record(name, number)).answer(reply, number);
  }

  /** Answers the number before. */
  Decision increment(String name, Reply<Long> reply) {
    long before = numbers.getOrDefault(name, 0L);
    return new Decision().append(record(name, before + 1)).answer(reply, before);
  }

  Decision get(String name, Reply<Long> reply) {
    return new Decision().answer(reply, numbers.get(name));
  }

  Decision keep(Reply<Long> reply) {
    kept.add(reply);
    return new Decision();
  }

  @Override
  public void replay(CoordinatorRecord record) {
    String name = ((OffsetCommitKey) record.key()).group();
    if (name.equals(poison)) {
      throw new IllegalStateException("poison");
    }
    if (record.value() == null) {
      numbers.remove(name);
    } else {
      numbers.put(name, ((OffsetCommitValue) record.value()).offset());
    }
  }

  @Override
  public void onLoaded(ClusterImage image) {
    loaded = true;
  }

  @Override
  public Decision onImage(ImageDelta delta) {
    return new Decision().append(record("images", numbers.getOrDefault("images", 0L) + 1));
  }

  @Override
  public void onUnloaded(Errors why) {
    unloaded = why;
    kept.forEach(reply -> reply.fail(why, null));
  }
}
