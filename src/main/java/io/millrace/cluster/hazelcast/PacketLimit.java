package io.millrace.cluster.hazelcast;

import com.hazelcast.internal.networking.HandlerStatus;
import com.hazelcast.internal.nio.Packet;
import com.hazelcast.internal.server.ServerConnection;
import com.hazelcast.internal.server.tcp.PacketDecoder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hazelcast's decoder of packets, which would allocate whatever size a header names. This looks at
 * each header first:
 *
 * <pre>
 *  version u8 (4) | flags u16 | partition i32 | size i32
 * </pre>
 *
 * <p>Checked with Hazelcast 5.7.0: its decoder takes all of its buffer but an incomplete header.
 *
 * <p>Owner: Hazelcast's thread of the connection.
 */
final class PacketLimit extends PacketDecoder {
  private static final Logger LOG = LoggerFactory.getLogger(PacketLimit.class);

  /**
   * The largest packet. One that is larger ends the connection, so this is far above what the live
   * picture needs: a topic of 100,000 partitions takes some 10 MB.
   */
  static final int MAX_BYTES = 32 << 20;

  private static final int HEADER_BYTES = 11;
  private static final int SIZE_AT = 7;

  // What is to come of the packet whose header was seen last.
  private int missing;

  PacketLimit(ServerConnection connection, Consumer<Packet> to) {
    super(connection, to);
  }

  @Override
  public HandlerStatus onRead() throws Exception {
    int end = src.position();
    int at = 0;
    while (true) {
      int here = Math.min(missing, end - at);
      at += here;
      missing -= here;
      if (missing > 0 || end - at < HEADER_BYTES) {
        return super.onRead();
      }
      byte version = src.get(at);
      int size = src.getInt(at + SIZE_AT);
      if (version != Packet.VERSION || size < 0 || size > MAX_BYTES) {
        return end(version, size);
      }
      missing = size;
      at += HEADER_BYTES;
    }
  }

  private HandlerStatus end(byte version, int size) {
    LOG.warn(
        "Ended the connection of cluster.port with {}: a packet of version {} and {} bytes, where"
            + " version {} and 0 to {} bytes are allowed",
        connection.getRemoteSocketAddress(),
        version,
        size,
        Packet.VERSION,
        MAX_BYTES);
    src.clear();
    connection.close("A packet that is not allowed", null);
    return HandlerStatus.CLEAN;
  }
}
