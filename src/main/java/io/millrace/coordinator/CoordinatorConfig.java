package io.millrace.coordinator;

/**
 * The settings of one kind of coordinator.
 *
 * @param topic name of its topic
 * @param commitTimeoutMs how long a reply waits for the commit of its records before it is failed
 *     by COORDINATOR_NOT_AVAILABLE
 * @param loadBytes how much of a partition is read at once while loading
 *     <p>Owner: immutable.
 */
public record CoordinatorConfig(String topic, int commitTimeoutMs, int loadBytes) {
  public CoordinatorConfig {
    if (commitTimeoutMs < 1 || loadBytes < 1) {
      throw new IllegalArgumentException(
          "commitTimeoutMs " + commitTimeoutMs + ", loadBytes " + loadBytes);
    }
  }
}
