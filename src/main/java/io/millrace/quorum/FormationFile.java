package io.millrace.quorum;

import io.millrace.log.FileIo;
import io.millrace.model.VoterId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The file {@code formation} beside the metadata log: the {@link Formation} that this node has
 * signed.
 *
 * <pre>
 *   version=0
 *   clusterId=MkU3OEVBNTcwNTJENDM2Qg
 *   voters=1-MUqaxPZ1SPSbmSKsaxhcIg,2-9DYdrpNqQ5ylLJQJ2KXtRw,3-sm8aAfTxSqmV5YWWbPZp2g
 *   confirmed=true
 * </pre>
 *
 * A {@link KeyValueFile} that is written once: it can be confirmed, but never changed, because a
 * node that signs two proposals makes two clusters. All methods block.
 *
 * <p>Owner: any thread, one at a time.
 */
public final class FormationFile {
  /** The file's name. */
  public static final String NAME = "formation";

  private static final String CLUSTER_ID = "clusterId";
  private static final String VOTERS = "voters";
  private static final String CONFIRMED = "confirmed";

  private FormationFile() {}

  /**
   * What this node has signed.
   *
   * @param directory that of the metadata log; may be missing
   * @return null = nothing yet
   * @throws MetadataLogException if the file is damaged
   */
  public static Formation read(Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    Map<String, String> values = KeyValueFile.read(file);
    if (values == null) {
      return null;
    }
    try {
      Set<VoterId> voters = new LinkedHashSet<>();
      for (String voter : values.getOrDefault(VOTERS, "").split(",", -1)) {
        voters.add(VoterId.parse(voter));
      }
      return new Formation(values.getOrDefault(CLUSTER_ID, ""), voters, confirmed(values));
    } catch (IllegalArgumentException e) {
      throw new MetadataLogException(
          file + " is damaged: " + e.getMessage() + ". Restore it from a copy, or wipe this node",
          e);
    }
  }

  private static boolean confirmed(Map<String, String> values) {
    String confirmed = values.get(CONFIRMED);
    if (!"true".equals(confirmed) && !"false".equals(confirmed)) {
      throw new IllegalArgumentException("confirmed is " + confirmed);
    }
    return confirmed.equals("true");
  }

  /**
   * Signs a proposal, or confirms the one that was signed; durable on return. Writing again what is
   * there changes nothing, and a confirmed one stays confirmed.
   *
   * @return what is in the file now
   * @throws IllegalStateException if another proposal was signed before
   */
  public static Formation write(FileIo io, Path directory, Formation formation) throws IOException {
    Formation signed = read(directory);
    if (signed != null && !signed.isSameProposal(formation)) {
      throw new IllegalStateException(
          "This node has signed " + signed + " and cannot sign " + formation);
    }
    if (signed != null && (signed.confirmed() || !formation.confirmed())) {
      return signed;
    }
    DirectoryIdFile.createDirectory(io, directory);
    String voters =
        new TreeSet<>(formation.voters())
            .stream().map(VoterId::toString).collect(Collectors.joining(","));
    Map<String, String> values = new LinkedHashMap<>();
    values.put(CLUSTER_ID, formation.clusterId());
    values.put(VOTERS, voters);
    values.put(CONFIRMED, Boolean.toString(formation.confirmed()));
    KeyValueFile.write(io, directory.resolve(NAME), values);
    return formation;
  }
}
