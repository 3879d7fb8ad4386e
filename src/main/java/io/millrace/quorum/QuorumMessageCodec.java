package io.millrace.quorum;

import io.millrace.metadata.FieldReader;
import io.millrace.metadata.FieldWriter;
import io.millrace.metadata.MetadataCodec;
import io.millrace.metadata.MetadataFormatException;
import io.millrace.metadata.MetadataRecord;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.Message;
import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;
import io.millrace.quorum.state.Message.InstallSnapshot;
import io.millrace.quorum.state.Message.LearnerHello;
import io.millrace.quorum.state.Message.PreVote;
import io.millrace.quorum.state.Message.PreVoteReply;
import io.millrace.quorum.state.Message.SnapshotReply;
import io.millrace.quorum.state.Message.TimeoutNow;
import io.millrace.quorum.state.Message.Vote;
import io.millrace.quorum.state.Message.VoteReply;
import io.millrace.quorum.state.SnapshotId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The messages of the quorum as bytes.
 *
 * <pre>
 *    0        4      5         6
 *   +--------+------+---------+-------+----+------+------------------+-------+
 *   | crc    | type | version | from  | to | term | fields of the    | tags  |
 *   | 4      | u8   | u8      | voter |    | v    | type, see below  |       |
 *   +--------+------+---------+-------+----+------+------------------+-------+
 *
 *   crc      CRC-32C of everything after it
 *   v        unsigned varint, 7 bits a byte, least significant first
 *   voter    node id v, directory id 16 bytes
 *   snapshot end offset v, term v
 *   tags     count v, then for each: tag v, length v, bytes; unknown ones are skipped
 *
 *    1 PreVote          log end v, last term v
 *    2 PreVoteReply     granted u8
 *    3 Vote             log end v, last term v, transfer u8
 *    4 VoteReply        granted u8
 *    5 Append           prev end v, prev term v, committed end v, round v, count v, entries
 *    6 AppendReply      matched u8, end v, end term v, round v
 *    7 InstallSnapshot  snapshot, position v, last u8, round v, length v, bytes
 *    8 SnapshotReply    snapshot, position v, round v
 *    9 TimeoutNow
 *   10 LearnerHello     log end v
 *
 *   entry    term v, count v of records, then for each: length v, {@link MetadataCodec} bytes
 * </pre>
 *
 * The first entry of an Append begins at its prev end, each other one where the one before it ends.
 *
 * <p>Owner: any thread.
 */
final class QuorumMessageCodec {
  static final int VERSION = 0;

  private static final int PRE_VOTE = 1;
  private static final int PRE_VOTE_REPLY = 2;
  private static final int VOTE = 3;
  private static final int VOTE_REPLY = 4;
  private static final int APPEND = 5;
  private static final int APPEND_REPLY = 6;
  private static final int INSTALL_SNAPSHOT = 7;
  private static final int SNAPSHOT_REPLY = 8;
  private static final int TIMEOUT_NOW = 9;
  private static final int LEARNER_HELLO = 10;
  private static final int NEWEST_TYPE = LEARNER_HELLO;

  private static final int CRC_BYTES = Integer.BYTES;
  private static final byte[] NO_CRC = new byte[CRC_BYTES];

  private QuorumMessageCodec() {}

  /** The bytes of a message, from position 0 on. */
  static ByteBuffer encode(Message message) {
    FieldWriter out = new FieldWriter();
    out.raw(NO_CRC);
    out.u8(type(message));
    out.u8(VERSION);
    out.voter(message.from());
    out.voter(message.to());
    out.varint(message.term());
    fields(out, message);
    out.varint(0);
    ByteBuffer bytes = ByteBuffer.wrap(out.toBytes());
    return bytes.putInt(0, crc(bytes));
  }

  private static int type(Message message) {
    if (message instanceof Append) {
      return APPEND;
    } else if (message instanceof AppendReply) {
      return APPEND_REPLY;
    } else if (message instanceof PreVote) {
      return PRE_VOTE;
    } else if (message instanceof PreVoteReply) {
      return PRE_VOTE_REPLY;
    } else if (message instanceof Vote) {
      return VOTE;
    } else if (message instanceof VoteReply) {
      return VOTE_REPLY;
    } else if (message instanceof InstallSnapshot) {
      return INSTALL_SNAPSHOT;
    } else if (message instanceof SnapshotReply) {
      return SNAPSHOT_REPLY;
    } else if (message instanceof TimeoutNow) {
      return TIMEOUT_NOW;
    } else if (message instanceof LearnerHello) {
      return LEARNER_HELLO;
    }
    throw new IllegalArgumentException("No encoding for " + message.getClass());
  }

  private static void fields(FieldWriter out, Message message) {
    if (message instanceof Append append) {
      out.varint(append.prevEnd());
      out.varint(append.prevTerm());
      out.varint(append.committedEnd());
      out.varint(append.round());
      entries(out, append.entries());
    } else if (message instanceof AppendReply reply) {
      flag(out, reply.matched());
      out.varint(reply.end());
      out.varint(reply.endTerm());
      out.varint(reply.round());
    } else if (message instanceof PreVote ask) {
      out.varint(ask.logEnd());
      out.varint(ask.lastTerm());
    } else if (message instanceof PreVoteReply reply) {
      flag(out, reply.granted());
    } else if (message instanceof Vote ask) {
      out.varint(ask.logEnd());
      out.varint(ask.lastTerm());
      flag(out, ask.transfer());
    } else if (message instanceof VoteReply reply) {
      flag(out, reply.granted());
    } else if (message instanceof InstallSnapshot install) {
      snapshot(out, install.snapshot());
      out.varint(install.position());
      flag(out, install.last());
      out.varint(install.round());
      out.varint(install.data().remaining());
      out.raw(install.data());
    } else if (message instanceof SnapshotReply reply) {
      snapshot(out, reply.snapshot());
      out.varint(reply.position());
      out.varint(reply.round());
    } else if (message instanceof LearnerHello hello) {
      out.varint(hello.logEnd());
    }
  }

  private static void entries(FieldWriter out, List<Entry> entries) {
    out.varint(entries.size());
    for (Entry entry : entries) {
      out.varint(entry.term());
      out.varint(entry.records().size());
      for (MetadataRecord record : entry.records()) {
        byte[] bytes = MetadataCodec.encode(record);
        out.varint(bytes.length);
        out.raw(bytes);
      }
    }
  }

  private static void snapshot(FieldWriter out, SnapshotId snapshot) {
    out.varint(snapshot.endOffset());
    out.varint(snapshot.term());
  }

  private static void flag(FieldWriter out, boolean set) {
    out.u8(set ? 1 : 0);
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(bytes.position() + CRC_BYTES, bytes.remaining() - CRC_BYTES));
    return (int) crc.getValue();
  }

  /**
   * The message in the remaining bytes. It shares none of them, so that the buffer may be used
   * again.
   *
   * @throws MetadataFormatException if they are damaged, or of a type or version that is unknown
   */
  static Message decode(ByteBuffer bytes) {
    if (bytes.remaining() <= CRC_BYTES || bytes.getInt(bytes.position()) != crc(bytes)) {
      throw new MetadataFormatException("A quorum message does not match its checksum");
    }
    FieldReader in =
        new FieldReader(bytes.slice(bytes.position() + CRC_BYTES, bytes.remaining() - CRC_BYTES));
    int type = in.u8();
    int version = in.u8();
    if (type < PRE_VOTE || type > NEWEST_TYPE || version > VERSION) {
      throw new MetadataFormatException(
          "Quorum message of type "
              + type
              + " version "
              + version
              + " is unknown to this version of Millrace, which knows types up to "
              + NEWEST_TYPE
              + " in version "
              + VERSION);
    }
    Message message;
    try {
      message = fields(type, in.voter(), in.voter(), in.count(), in);
    } catch (IllegalArgumentException e) {
      // Fields that are well formed, but together say what cannot be.
      throw new MetadataFormatException("Quorum message of type " + type + ": " + e.getMessage());
    }
    for (int tags = in.count(); tags > 0; tags--) {
      in.count();
      in.bytes(in.count());
    }
    if (in.remaining() > 0) {
      throw new MetadataFormatException(
          "Quorum message of type " + type + " has " + in.remaining() + " bytes too many");
    }
    return message;
  }

  private static Message fields(int type, VoterId from, VoterId to, int term, FieldReader in) {
    return switch (type) {
      case PRE_VOTE -> new PreVote(from, to, term, offset(in), in.count());
      case PRE_VOTE_REPLY -> new PreVoteReply(from, to, term, flag(in));
      case VOTE -> new Vote(from, to, term, offset(in), in.count(), flag(in));
      case VOTE_REPLY -> new VoteReply(from, to, term, flag(in));
      case APPEND -> append(from, to, term, in);
      case APPEND_REPLY ->
          new AppendReply(from, to, term, flag(in), offset(in), in.count(), offset(in));
      case INSTALL_SNAPSHOT -> installSnapshot(from, to, term, in);
      case SNAPSHOT_REPLY ->
          new SnapshotReply(from, to, term, snapshot(in), offset(in), offset(in));
      case TIMEOUT_NOW -> new TimeoutNow(from, to, term);
      case LEARNER_HELLO -> new LearnerHello(from, to, term, offset(in));
      default -> throw new AssertionError("type " + type + " passed the check");
    };
  }

  private static Append append(VoterId from, VoterId to, int term, FieldReader in) {
    long prevEnd = offset(in);
    int prevTerm = in.count();
    long committedEnd = offset(in);
    long round = offset(in);
    int count = in.need(in.count()); // each takes more than a byte
    List<Entry> entries = new ArrayList<>(Math.min(count, 1_000));
    long baseOffset = prevEnd;
    for (int i = 0; i < count; i++) {
      Entry entry = entry(baseOffset, in);
      entries.add(entry);
      baseOffset = entry.endOffset();
    }
    return new Append(from, to, term, prevEnd, prevTerm, entries, committedEnd, round);
  }

  private static Entry entry(long baseOffset, FieldReader in) {
    int term = in.count();
    int count = in.need(in.count()); // each takes more than a byte
    if (count == 0) {
      throw new MetadataFormatException("A quorum message has an entry without records");
    }
    List<MetadataRecord> records = new ArrayList<>(Math.min(count, 1_000));
    for (int i = 0; i < count; i++) {
      records.add(MetadataCodec.decode(in.bytes(in.count())));
    }
    return new Entry(baseOffset, term, records);
  }

  private static InstallSnapshot installSnapshot(
      VoterId from, VoterId to, int term, FieldReader in) {
    SnapshotId snapshot = snapshot(in);
    long position = offset(in);
    boolean last = flag(in);
    long round = offset(in);
    ByteBuffer data = in.bytes(in.count());
    ByteBuffer copy = ByteBuffer.allocate(data.remaining()).put(data).flip().asReadOnlyBuffer();
    return new InstallSnapshot(from, to, term, snapshot, position, copy, last, round);
  }

  private static SnapshotId snapshot(FieldReader in) {
    return new SnapshotId(offset(in), in.count());
  }

  private static long offset(FieldReader in) {
    long value = in.varint();
    if (value < 0) {
      throw new MetadataFormatException("A quorum message has the offset " + value);
    }
    return value;
  }

  private static boolean flag(FieldReader in) {
    return switch (in.u8()) {
      case 0 -> false;
      case 1 -> true;
      default ->
          throw new MetadataFormatException("A quorum message has a flag that is not 0 or 1");
    };
  }
}
