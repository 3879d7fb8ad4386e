package io.millrace.cluster.state;

import io.millrace.quorum.Formation;
import java.util.Set;

/**
 * What the rules want done. The order does not matter: what is told is on the disk already.
 *
 * @param persist to write and fsync, then to be confirmed by {@link FormationRules#onPersisted};
 *     null = nothing
 * @param tell node ids that are to get the report; may be empty
 * @param report what to tell
 *     <p>Owner: immutable.
 */
public record FormationReady(Formation persist, Set<Integer> tell, FormationReport report) {
  public FormationReady {
    tell = Set.copyOf(tell);
  }
}
