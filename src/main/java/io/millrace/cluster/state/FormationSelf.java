package io.millrace.cluster.state;

import io.millrace.model.VoterId;
import java.util.Objects;

/**
 * The node that forms or joins a cluster.
 *
 * @param id node id and directory id
 * @param mayVote whether its roles let it vote
 * @param firstVoters who is to begin, by its settings
 * @param clusterId the configured {@code cluster.id}; null = any
 * @param patienceMs how long a proposer waits for named seeds that are not among the first voters:
 *     others may have found them first, and expect something else
 * @param file where the signature is kept, for people
 *     <p>Owner: immutable.
 */
public record FormationSelf(
    VoterId id,
    boolean mayVote,
    FirstVoters firstVoters,
    String clusterId,
    long patienceMs,
    String file) {
  public FormationSelf {
    Objects.requireNonNull(id);
    Objects.requireNonNull(firstVoters);
    Objects.requireNonNull(file);
  }
}
