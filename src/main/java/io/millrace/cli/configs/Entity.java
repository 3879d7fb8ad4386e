package io.millrace.cli.configs;

import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;

/**
 * What a command line names: a type, and a name except for {@code cluster}.
 *
 * @param name empty for {@code cluster}
 *     <p>Owner: immutable.
 */
public record Entity(EntityType type, String name) {
  /**
   * Of the words after the type.
   *
   * @throws IllegalArgumentException when the name is missing, or cannot be that of a broker
   */
  static Entity of(EntityType type, List<String> words) {
    if (type == EntityType.CLUSTER) {
      return new Entity(type, "");
    }
    if (words.isEmpty() || words.get(0).isEmpty()) {
      throw new IllegalArgumentException("which " + type.word() + "? Its name is missing");
    }
    Entity entity = new Entity(type, words.get(0));
    if (entity.ofBroker() && !entity.name.matches("[0-9]{1,9}|[12][0-9]{9}")) {
      throw new IllegalArgumentException("'" + entity.name + "' is no node id of a broker");
    }
    return entity;
  }

  private boolean ofBroker() {
    return type == EntityType.BROKER || type == EntityType.LOGGER;
  }

  /** Refuses a broker that does not serve: the client would ask for it until time is up. */
  void find(Admin admin) throws InterruptedException, ExecutionException {
    if (!ofBroker()) {
      return;
    }
    List<String> serving =
        admin.describeCluster().nodes().get().stream().map(Node::idString).toList();
    if (!serving.contains(name)) {
      throw new CommandFailure(
          ExitCode.NOT_FOUND, "there is no broker " + name + " that serves; these do: " + serving);
    }
  }

  /** How many words name it after the type. */
  int words() {
    return type == EntityType.CLUSTER ? 0 : 1;
  }

  ConfigResource resource() {
    return new ConfigResource(type.type(), name);
  }

  @Override
  public String toString() {
    return type == EntityType.CLUSTER ? "cluster" : type.word() + " " + name;
  }
}
