package io.millrace.log;

import io.millrace.model.TopicId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;

/**
 * Kafka's {@code meta.properties} in each log directory, version 1: whose directory it is. A node
 * with another cluster id or node id must not touch it.
 *
 * @param clusterId of the cluster that wrote it; null = the node has not joined one yet, but has
 *     its ids already, since it has told others who it is
 * @param nodeId of the node that wrote it
 * @param directoryId of this directory, for as long as it is not wiped (KIP-858)
 *     <p>Owner: immutable.
 */
public record MetaProperties(String clusterId, int nodeId, UUID directoryId) {
  public static final String FILE = "meta.properties";

  private static final String VERSION = "version";
  private static final String CLUSTER_ID = "cluster.id";
  private static final String NODE_ID = "node.id";
  private static final String DIRECTORY_ID = "directory.id";

  public MetaProperties {
    if ("".equals(clusterId) || nodeId < 0) {
      throw new IllegalArgumentException("Cluster id '" + clusterId + "', node id " + nodeId);
    }
  }

  /** A new random id of a directory. */
  public static UUID newDirectoryId() {
    // A topic's id is never one of those that Kafka reserves, nor starts with a dash.
    TopicId id = TopicId.random();
    return new UUID(id.mostSignificantBits(), id.leastSignificantBits());
  }

  /**
   * Reads the file of a log directory; blocks.
   *
   * @return empty if there is none
   * @throws MalformedFileException if something is missing or not allowed
   */
  public static Optional<MetaProperties> read(Path logDirectory) throws IOException {
    Path file = logDirectory.resolve(FILE);
    Properties properties = new Properties();
    try {
      properties.load(new ByteArrayInputStream(Files.readAllBytes(file)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(file, e.getMessage(), "a Java properties file");
    }
    String version = required(file, properties, VERSION);
    if (!version.equals("1")) {
      throw new MalformedFileException(file, VERSION + "=" + version, VERSION + "=1");
    }
    String nodeId = required(file, properties, NODE_ID);
    String directoryId = required(file, properties, DIRECTORY_ID);
    boolean joined = properties.containsKey(CLUSTER_ID);
    return Optional.of(
        new MetaProperties(
            joined ? required(file, properties, CLUSTER_ID) : null,
            parseNodeId(file, nodeId),
            parseDirectoryId(file, directoryId)));
  }

  private static String required(Path file, Properties properties, String key)
      throws MalformedFileException {
    String value = properties.getProperty(key, "").strip();
    if (value.isEmpty()) {
      throw new MalformedFileException(
          file, key + " is missing", "a file with version, cluster.id, node.id, directory.id");
    }
    return value;
  }

  private static int parseNodeId(Path file, String text) throws MalformedFileException {
    try {
      int nodeId = Integer.parseInt(text);
      if (nodeId >= 0) {
        return nodeId;
      }
    } catch (NumberFormatException e) {
      // Not a number: said below.
    }
    throw new MalformedFileException(file, NODE_ID + "=" + text, "a number from 0 on");
  }

  private static UUID parseDirectoryId(Path file, String text) throws MalformedFileException {
    try {
      TopicId id = TopicId.parse(text);
      return new UUID(id.mostSignificantBits(), id.leastSignificantBits());
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(
          file, DIRECTORY_ID + "=" + text, "16 bytes in URL-safe base64 (22 characters)");
    }
  }

  /** The directory id as Kafka writes it: 22 characters of URL-safe base64. */
  public String directoryIdText() {
    return new TopicId(directoryId.getMostSignificantBits(), directoryId.getLeastSignificantBits())
        .toString();
  }

  /** Replaces the file of a log directory; durable on return. Blocks. */
  public void write(FileIo io, Path logDirectory) throws IOException {
    Properties properties = new Properties();
    properties.setProperty(VERSION, "1");
    if (clusterId != null) {
      properties.setProperty(CLUSTER_ID, clusterId);
    }
    properties.setProperty(NODE_ID, Integer.toString(nodeId));
    properties.setProperty(DIRECTORY_ID, directoryIdText());
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    properties.store(content, null);
    AtomicFile.write(io, logDirectory.resolve(FILE), ByteBuffer.wrap(content.toByteArray()));
  }
}
