package io.millrace.coordinator;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Shard;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.model.TransactionMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;

/** The simplest shard: numbers by name, also set in transactions. */
final class RegisterShard implements Shard {
  final Timers timers;
  final Map<String, Long> numbers = new TreeMap<>();
  // By producer id: what counts once the transaction is committed.
  final Map<Long, Map<String, Long>> pending = new TreeMap<>();
  final List<TransactionMarker> ended = new ArrayList<>();
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

  Decision setInTransaction(long producerId, String name, Long number, Reply<Long> reply) {
    return set(name, number, reply).inTransaction(producerId, (short) 0);
  }

  @Override
  public void replay(long producerId, CoordinatorRecord record) {
    pending
        .computeIfAbsent(producerId, id -> new TreeMap<>())
        .put(
            ((OffsetCommitKey) record.key()).group(),
            ((OffsetCommitValue) record.value()).offset());
  }

  @Override
  public void replay(TransactionMarker marker) {
    ended.add(marker);
    Map<String, Long> ofProducer = pending.remove(marker.producerId());
    if (ofProducer != null && marker.commits()) {
      numbers.putAll(ofProducer);
    }
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
