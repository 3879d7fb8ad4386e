package io.millrace.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kafka's {@code .kafka_cleanshutdown} in a log directory: while it is there, all logs were flushed
 * and closed in order and none has to be read at the start. It also holds the broker epoch that the
 * node had then (KIP-966). To be deleted, durably, before anything is appended.
 *
 * <p>Owner: any thread, one at a time per directory; blocks.
 */
public final class CleanShutdownFile {
  public static final String FILE = ".kafka_cleanshutdown";

  private static final Pattern BROKER_EPOCH =
      Pattern.compile("\"brokerEpoch\"\\s*:\\s*(-?\\d{1,18})\\s*[,}]");

  private CleanShutdownFile() {}

  public static boolean exists(Path logDirectory) {
    return Files.exists(logDirectory.resolve(FILE));
  }

  /**
   * The broker epoch in the file; empty if there is no file or it names none. That the file exists
   * counts, whatever it holds.
   */
  public static OptionalLong brokerEpoch(Path logDirectory) {
    try {
      String json =
          new String(Files.readAllBytes(logDirectory.resolve(FILE)), StandardCharsets.UTF_8);
      Matcher matcher = BROKER_EPOCH.matcher(json);
      return matcher.find()
          ? OptionalLong.of(Long.parseLong(matcher.group(1)))
          : OptionalLong.empty();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /**
   * Writes the file; durable on return. Everything else in the directory must be durable already.
   *
   * @param brokerEpoch of this node's registration; -1 = it has none
   */
  public static void write(FileIo io, Path logDirectory, long brokerEpoch) throws IOException {
    AtomicFile.write(
        io,
        logDirectory.resolve(FILE),
        StandardCharsets.UTF_8.encode("{\"version\":0,\"brokerEpoch\":" + brokerEpoch + "}"));
  }

  /** Deletes the file; durable on return: it does not come back after a crash. */
  public static void delete(FileIo io, Path logDirectory) throws IOException {
    if (io.delete(logDirectory.resolve(FILE))) {
      io.fsyncDirectory(logDirectory);
    }
  }
}
