package io.millrace.cluster.state;

import io.millrace.model.VoterId;
import io.millrace.quorum.Formation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The bytes of a {@link FormationReport}.
 *
 * <pre>
 *  0         1       2        6                 22
 *  +---------+-------+--------+-----------------+----------+----------+-----------+--------+
 *  | version | flags | nodeId | directory       | settings | expected | clusterId | signed |
 *  | u8 = 0  | u8    | i32    | uuid            | str      | voters   | str       |        |
 *  +---------+-------+--------+-----------------+----------+----------+-----------+--------+
 *  | tagged fields: count u8 | (tag u8 | size u16 | bytes) ...                             |
 *  +--------------------------------------------------------------------------------------+
 *  flags    1 = has signed, 2 = and knows that it is confirmed, 4 = has a clusterId configured
 *  signed   clusterId str | voters            only with flag 1
 *  clusterId                                  only with flag 4
 *  uuid     16 bytes, big endian
 *  str      length u16 in bytes, then UTF-8
 *  voters   count u8, then each: nodeId i32 | directory uuid
 * </pre>
 *
 * Numbers are big endian. A field that older versions may overlook is added as a tag, of which
 * there is none yet; any other raises the version, and an unknown version is refused.
 *
 * <p>Owner: any thread.
 */
public final class FormationReportCodec {
  private static final int VERSION = 0;
  private static final int SIGNED = 1;
  private static final int CONFIRMED = 2;
  private static final int CLUSTER_ID = 4;

  /** A longer text is cut: it is for people. */
  private static final int MAX_SETTINGS_CHARS = 4_096;

  private static final int FIXED_BYTES = 32;
  private static final int VOTER_BYTES = 20;

  private FormationReportCodec() {}

  /** The bytes of a report. */
  public static ByteBuffer encode(FormationReport report) {
    String settings = report.settings();
    if (settings.length() > MAX_SETTINGS_CHARS) {
      settings = settings.substring(0, MAX_SETTINGS_CHARS);
    }
    ByteBuffer out = ByteBuffer.allocate(size(report, settings));
    int flags = report.signed() == null ? 0 : report.signed().confirmed() ? 3 : SIGNED;
    out.put((byte) VERSION);
    out.put((byte) (report.clusterId() == null ? flags : flags | CLUSTER_ID));
    voter(out, report.from());
    string(out, settings);
    voters(out, report.expected());
    if (report.clusterId() != null) {
      string(out, report.clusterId());
    }
    if (report.signed() != null) {
      string(out, report.signed().clusterId());
      voters(out, report.signed().voters());
    }
    out.put((byte) 0);
    return out.flip();
  }

  /** At most so many bytes. */
  private static int size(FormationReport report, String settings) {
    int voters = report.expected().size();
    int chars = settings.length();
    if (report.signed() != null) {
      voters += report.signed().voters().size();
      chars += report.signed().clusterId().length();
    }
    if (report.clusterId() != null) {
      chars += report.clusterId().length();
    }
    return FIXED_BYTES + VOTER_BYTES * voters + 3 * chars;
  }

  private static void voters(ByteBuffer out, Set<VoterId> voters) {
    out.put((byte) voters.size());
    new TreeSet<>(voters).forEach(voter -> voter(out, voter));
  }

  private static void voter(ByteBuffer out, VoterId voter) {
    out.putInt(voter.nodeId());
    out.putLong(voter.directoryId().getMostSignificantBits());
    out.putLong(voter.directoryId().getLeastSignificantBits());
  }

  private static void string(ByteBuffer out, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.putShort((short) utf8.length);
    out.put(utf8);
  }

  /**
   * The report of these bytes.
   *
   * @throws IllegalArgumentException if they are none, or of a version that is not known here
   */
  public static FormationReport decode(ByteBuffer bytes) {
    ByteBuffer in = bytes.slice();
    int version = u8(in);
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "The report has version " + version + ", and only " + VERSION + " is known");
    }
    int flags = u8(in);
    VoterId from = voter(in);
    String settings = string(in);
    Set<VoterId> expected = voters(in);
    String clusterId = (flags & CLUSTER_ID) == 0 ? null : string(in);
    Formation signed =
        (flags & SIGNED) == 0
            ? null
            : new Formation(string(in), voters(in), (flags & CONFIRMED) != 0);
    int tags = u8(in);
    for (int i = 0; i < tags; i++) {
      u8(in);
      int size = u16(in);
      need(in, size);
      in.position(in.position() + size);
    }
    if (in.hasRemaining()) {
      throw new IllegalArgumentException(in.remaining() + " bytes follow the report");
    }
    return new FormationReport(from, signed, expected, settings, clusterId);
  }

  private static Set<VoterId> voters(ByteBuffer in) {
    int count = u8(in);
    List<VoterId> voters = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      voters.add(voter(in));
    }
    Set<VoterId> distinct = new HashSet<>(voters);
    if (distinct.size() != voters.size()) {
      throw new IllegalArgumentException("A voter is named twice: " + voters);
    }
    return distinct;
  }

  private static VoterId voter(ByteBuffer in) {
    need(in, VOTER_BYTES);
    return new VoterId(in.getInt(), new UUID(in.getLong(), in.getLong()));
  }

  private static String string(ByteBuffer in) {
    byte[] utf8 = new byte[need(in, u16(in))];
    in.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private static int u8(ByteBuffer in) {
    need(in, 1);
    return in.get() & 0xFF;
  }

  private static int u16(ByteBuffer in) {
    need(in, 2);
    return in.getShort() & 0xFFFF;
  }

  private static int need(ByteBuffer in, int bytes) {
    if (in.remaining() < bytes) {
      throw new IllegalArgumentException(
          "The report ends too early: " + bytes + " bytes wanted, " + in.remaining() + " left");
    }
    return bytes;
  }
}
