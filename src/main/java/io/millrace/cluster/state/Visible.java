package io.millrace.cluster.state;

import io.millrace.model.VoterId;
import java.util.Set;

/**
 * A member of the cluster that this node sees.
 *
 * @param id node id and directory id
 * @param mayVote whether its roles let it vote
 * @param addresses its cluster address, as it gives it and as {@code ip:port}
 *     <p>Owner: immutable.
 */
public record Visible(VoterId id, boolean mayVote, Set<String> addresses) {
  public Visible {
    addresses = Set.copyOf(addresses);
  }
}
