package io.millrace.cluster;

import io.millrace.cluster.state.FirstVoters;
import io.millrace.cluster.state.FormationSelf;
import io.millrace.config.Seed;
import io.millrace.model.VoterId;
import io.millrace.quorum.Formation;
import io.millrace.quorum.FormationFile;
import java.nio.file.Path;
import java.util.Objects;

/**
 * What a node needs to form or join a cluster.
 *
 * @param id node id and directory id; both on the disk already, so that they are the same after a
 *     crash
 * @param mayVote whether {@code process.roles} has {@code controller}
 * @param firstVoters who is to begin, by the settings
 * @param clusterId the configured {@code cluster.id}; null = any
 * @param patienceMs how long a proposer waits for nodes that may expect something else
 * @param directory that of the metadata log; named to people
 * @param grown the cluster that a node with a metadata log, but without a formation file belongs
 *     to: one that was alone until now; null = it has no metadata log
 *     <p>Owner: immutable.
 */
public record FormationConfig(
    VoterId id,
    boolean mayVote,
    FirstVoters firstVoters,
    String clusterId,
    long patienceMs,
    Path directory,
    Formation grown) {
  /** Longer than a split of the membership takes to heal that comes of starting at once. */
  public static final long PATIENCE_MS = 15_000;

  /** On one laptop, where nobody is named: as long as looking around takes. */
  public static final long DEV_PATIENCE_MS = 2_000;

  public FormationConfig {
    Objects.requireNonNull(id);
    Objects.requireNonNull(firstVoters);
    Objects.requireNonNull(directory);
    if (grown != null && !grown.confirmed()) {
      throw new IllegalArgumentException("A metadata log without a cluster: " + grown);
    }
  }

  /** Who is to begin, by how the others are found. */
  public static FirstVoters firstVoters(Discovery discovery) {
    if (discovery instanceof Discovery.Seeds given) {
      return new FirstVoters.Seeds(given.seeds().stream().map(Seed::toString).distinct().toList());
    }
    return discovery instanceof Discovery.Multicast
        ? new FirstVoters.Oldest()
        : new FirstVoters.Nobody();
  }

  FormationSelf self() {
    return new FormationSelf(
        id,
        mayVote,
        firstVoters,
        clusterId,
        patienceMs,
        directory.resolve(FormationFile.NAME).toString());
  }
}
