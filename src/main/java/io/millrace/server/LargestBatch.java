package io.millrace.server;

import io.millrace.config.LogKeys;
import io.millrace.config.TopicKeys;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageDelta;
import io.millrace.replication.ReplicationConfig;
import java.util.Objects;

/**
 * The largest batch that a topic of the cluster may take: {@code max.message.bytes} of topics and
 * {@code message.max.bytes} of this node. It is the one setting; what carries batches, requests of
 * clients and answers to followers, lets through at least as much, whatever its own limit.
 *
 * <p>Owner: any thread; {@link #onDelta} is for the publisher's context alone.
 */
final class LargestBatch {
  /** What a request has beside a batch: names, ids, lengths. */
  private static final int ENVELOPE_BYTES = 64 << 10;

  private final NodeSettings settings;
  private volatile int bytes;

  LargestBatch(NodeSettings settings) {
    this.settings = settings;
    this.bytes = settings.now().get(LogKeys.MESSAGE_MAX_BYTES);
  }

  /** To be told after the settings of the node. */
  void onDelta(ImageDelta delta) {
    if (delta.changedConfigs().stream().anyMatch(resource -> isChanged(resource, delta))) {
      bytes = largest(delta.after());
    }
  }

  /** All topics are looked at only then, and not whenever one of them is created or changed. */
  private static boolean isChanged(ConfigResource resource, ImageDelta delta) {
    String key =
        resource.type() == ConfigResource.Type.TOPIC
            ? TopicKeys.MAX_MESSAGE_BYTES.name()
            : LogKeys.MESSAGE_MAX_BYTES.name();
    String before = delta.before().configs(resource).get(key);
    return !Objects.equals(before, delta.after().configs(resource).get(key));
  }

  private int largest(ClusterImage image) {
    int largest = settings.now().get(LogKeys.MESSAGE_MAX_BYTES);
    for (ConfigResource resource : image.configured()) {
      String own =
          resource.type() == ConfigResource.Type.TOPIC
              ? image.configs(resource).get(TopicKeys.MAX_MESSAGE_BYTES.name())
              : null;
      if (own != null) {
        largest = Math.max(largest, parsed(own));
      }
    }
    return largest;
  }

  /** Checked when it was committed; what this version does not accept is not in force. */
  private static int parsed(String value) {
    try {
      return TopicKeys.MAX_MESSAGE_BYTES.parse(value);
    } catch (IllegalArgumentException e) {
      return 0;
    }
  }

  /**
   * The bytes of a request that clients may send.
   *
   * @param configured {@code socket.request.max.bytes}
   */
  int requestBytes(int configured) {
    return (int) Math.max(configured, Math.min(Integer.MAX_VALUE, (long) bytes + ENVELOPE_BYTES));
  }

  /** How followers here fetch, so that a batch fits what is asked for of its partition. */
  ReplicationConfig fetching(ReplicationConfig configured) {
    return configured.forBatchesOf(bytes);
  }
}
