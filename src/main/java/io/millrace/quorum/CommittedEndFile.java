package io.millrace.quorum;

import io.millrace.log.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * The file {@code committed-end}: up to where the log is known to be committed, so that a node can
 * begin with its own copy before it has heard of a leader.
 *
 * <pre>
 *   00000000000000004711 5d1c90be      end offset (exclusive) in 20 digits, their CRC-32C in hex
 * </pre>
 *
 * It may lag behind and is never fsynced; what does not match its checksum counts as "nothing is
 * known". Written in place, because a rename would make the journal write data that nobody waits
 * for.
 *
 * <p>Owner: metadata log worker.
 */
final class CommittedEndFile {
  static final String NAME = "committed-end";
  private static final int DIGITS = 20;

  private final FileIo io;
  private final Path file;

  /** null = nothing was written yet. */
  private FileChannel channel;

  CommittedEndFile(FileIo io, Path directory) {
    this.io = io;
    this.file = directory.resolve(NAME);
  }

  /** What is remembered; 0 = nothing. */
  static long read(Path directory) throws IOException {
    String text;
    try {
      byte[] bytes = Files.readAllBytes(directory.resolve(NAME));
      text = new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return 0;
    }
    String digits = text.substring(0, Math.min(DIGITS, text.length()));
    return text.equals(line(digits)) && digits.matches("[0-9]{20}") ? Long.parseLong(digits) : 0;
  }

  private static String line(String digits) {
    CRC32C crc = new CRC32C();
    crc.update(digits.getBytes(StandardCharsets.ISO_8859_1));
    return String.format(Locale.ROOT, "%s %08x\n", digits, crc.getValue());
  }

  /** Remembers an end, until the machine crashes. */
  void write(long end) throws IOException {
    if (channel == null) {
      channel = io.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
    String line = line(String.format(Locale.ROOT, "%020d", end));
    io.writeFully(channel, ByteBuffer.wrap(line.getBytes(StandardCharsets.ISO_8859_1)), 0);
  }

  void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
