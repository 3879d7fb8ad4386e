package io.millrace.log;

import io.millrace.model.TopicId;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;

/**
 * What {@code meta.properties} says: who a log directory belongs to.
 *
 * @param clusterId empty = the directory is new
 * @param nodeId empty = the directory is new
 * @param directoryId the directory's own id, 22 characters of base64 (KIP-858)
 *     <p>Owner: immutable.
 */
public record DirectoryIdentity(
    Optional<String> clusterId, OptionalInt nodeId, String directoryId) {
  static final String FILE = "meta.properties";

  /** Reads the file; without one, the identity of a new directory with a fresh id. */
  static DirectoryIdentity load(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    if (!Files.exists(file)) {
      return new DirectoryIdentity(
          Optional.empty(), OptionalInt.empty(), TopicId.random().toString());
    }
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    }
    try {
      String nodeId = properties.getProperty("node.id");
      String directoryId = properties.getProperty("directory.id");
      return new DirectoryIdentity(
          Optional.ofNullable(properties.getProperty("cluster.id")),
          nodeId == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(nodeId)),
          directoryId == null ? TopicId.random().toString() : directoryId);
    } catch (IllegalArgumentException e) {
      throw new IOException("The file " + file + " is damaged: " + e.getMessage(), e);
    }
  }

  /** The content of the file, in Kafka's version 1. */
  String toProperties() {
    return "version=1\ncluster.id="
        + clusterId.orElseThrow()
        + "\nnode.id="
        + nodeId.orElseThrow()
        + "\ndirectory.id="
        + directoryId
        + "\n";
  }
}
