package io.millrace.metadata;

import io.millrace.metadata.MetadataRecord.FenceBroker;
import io.millrace.metadata.MetadataRecord.NodeRecord;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataRecord.RegisterController;
import io.millrace.metadata.MetadataRecord.StopBroker;
import io.millrace.metadata.MetadataRecord.UnfenceBroker;
import io.millrace.metadata.MetadataRecord.UnregisterNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The bytes of what is said about nodes; {@link MetadataCodec} draws them.
 *
 * <p>Owner: any thread.
 */
final class NodeRecordCodec {
  private static final int REGISTER_BROKER = 4;
  private static final int FENCE_BROKER = 5;
  private static final int UNFENCE_BROKER = 6;
  private static final int REGISTER_CONTROLLER = 14;
  private static final int UNREGISTER_NODE = 15;
  private static final int STOP_BROKER = 16;

  private static final int FENCED_FLAG = 1;
  private static final int STOPPING_FLAG = 2;
  private static final int VOTER_FLAG = 4;

  private static final int TAG_EPOCH = 0;
  private static final int TAG_INCARNATION = 1;
  private static final int TAG_DIRECTORIES = 2;
  private static final int TAG_FEATURES = 3;

  private NodeRecordCodec() {}

  static void write(FieldWriter out, NodeRecord record) {
    if (record instanceof RegisterBroker broker) {
      writeBroker(out, broker);
    } else if (record instanceof RegisterController node) {
      MetadataCodec.start(out, REGISTER_CONTROLLER, 0);
      out.varint(node.nodeId());
      out.u8(node.traits().voter() ? VOTER_FLAG : 0);
      traits(node.epoch(), node.traits()).writeTo(out);
    } else {
      MetadataCodec.start(out, typeOfChange(record), 0);
      out.varint(record.nodeId());
      out.varint(record.epoch());
      TaggedFields.none(out);
    }
  }

  private static int typeOfChange(NodeRecord record) {
    if (record instanceof FenceBroker) {
      return FENCE_BROKER;
    } else if (record instanceof UnfenceBroker) {
      return UNFENCE_BROKER;
    } else if (record instanceof UnregisterNode) {
      return UNREGISTER_NODE;
    } else if (record instanceof StopBroker) {
      return STOP_BROKER;
    }
    throw new IllegalArgumentException("No encoding for " + record.getClass());
  }

  private static void writeBroker(FieldWriter out, RegisterBroker broker) {
    MetadataCodec.start(out, REGISTER_BROKER, 0);
    out.varint(broker.nodeId());
    out.u8(
        (broker.fenced() ? FENCED_FLAG : 0)
            | (broker.shuttingDown() ? STOPPING_FLAG : 0)
            | (broker.traits().voter() ? VOTER_FLAG : 0));
    out.string(broker.rack());
    out.varint(broker.endpoints().size());
    for (Endpoint endpoint : broker.endpoints()) {
      out.string(endpoint.listener());
      out.string(endpoint.host());
      out.varint(endpoint.port());
    }
    traits(broker.epoch(), broker.traits()).writeTo(out);
  }

  private static TaggedFields traits(long epoch, NodeTraits traits) {
    TaggedFields tags = new TaggedFields();
    if (epoch != RegisterBroker.EPOCH_IS_OFFSET) {
      tags.add(TAG_EPOCH).varint(epoch);
    }
    if (traits.incarnation() != null) {
      tags.add(TAG_INCARNATION).uuid(traits.incarnation());
    }
    if (!traits.directories().isEmpty()) {
      FieldWriter directories = tags.add(TAG_DIRECTORIES);
      directories.varint(traits.directories().size());
      traits.directories().forEach(directories::uuid);
    }
    if (!traits.features().isEmpty()) {
      FieldWriter features = tags.add(TAG_FEATURES);
      features.varint(traits.features().size());
      new TreeMap<>(traits.features())
          .forEach(
              (name, range) -> {
                features.string(name);
                features.varint(range.min());
                features.varint(range.max());
              });
    }
    return tags;
  }

  static MetadataRecord read(int type, FieldReader in) {
    return switch (type) {
      case REGISTER_BROKER -> registerBroker(in);
      case REGISTER_CONTROLLER -> registerController(in);
      case FENCE_BROKER -> TaggedFields.skip(in, new FenceBroker(in.count(), in.varint()));
      case UNFENCE_BROKER -> TaggedFields.skip(in, new UnfenceBroker(in.count(), in.varint()));
      case UNREGISTER_NODE -> TaggedFields.skip(in, new UnregisterNode(in.count(), in.varint()));
      case STOP_BROKER -> TaggedFields.skip(in, new StopBroker(in.count(), in.varint()));
      default -> throw new AssertionError("type " + type + " passed the check");
    };
  }

  private static MetadataRecord registerBroker(FieldReader in) {
    int nodeId = in.count();
    int flags = in.u8();
    String rack = in.nullableString();
    int count = in.need(in.count()); // each takes more than a byte
    List<Endpoint> endpoints = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      endpoints.add(new Endpoint(in.string(), in.string(), in.count()));
    }
    Map<Integer, FieldReader> tags = TaggedFields.read(in);
    return new RegisterBroker(
        nodeId,
        endpoints,
        rack,
        (flags & FENCED_FLAG) != 0,
        epoch(tags),
        (flags & STOPPING_FLAG) != 0,
        traits(flags, tags));
  }

  private static MetadataRecord registerController(FieldReader in) {
    int nodeId = in.count();
    int flags = in.u8();
    Map<Integer, FieldReader> tags = TaggedFields.read(in);
    return new RegisterController(nodeId, epoch(tags), traits(flags, tags));
  }

  private static long epoch(Map<Integer, FieldReader> tags) {
    FieldReader epoch = tags.get(TAG_EPOCH);
    return epoch == null ? RegisterBroker.EPOCH_IS_OFFSET : epoch.varint();
  }

  private static NodeTraits traits(int flags, Map<Integer, FieldReader> tags) {
    FieldReader incarnation = tags.get(TAG_INCARNATION);
    List<UUID> directories = new ArrayList<>();
    FieldReader ids = tags.get(TAG_DIRECTORIES);
    if (ids != null) {
      for (int left = ids.need(ids.count()); left > 0; left--) {
        directories.add(ids.uuid());
      }
    }
    Map<String, FeatureRange> features = new HashMap<>();
    FieldReader ranges = tags.get(TAG_FEATURES);
    if (ranges != null) {
      for (int left = ranges.need(ranges.count()); left > 0; left--) {
        features.put(ranges.string(), range(ranges.count(), ranges.count()));
      }
    }
    return new NodeTraits(
        incarnation == null ? null : incarnation.uuid(),
        directories,
        features,
        (flags & VOTER_FLAG) != 0);
  }

  private static FeatureRange range(int min, int max) {
    if (max < min) {
      throw new MetadataFormatException("The levels " + min + " to " + max + " are no range");
    }
    return new FeatureRange(min, max);
  }
}
