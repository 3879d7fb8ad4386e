package io.millrace.cli.quorum;

import org.apache.kafka.common.Uuid;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Whose vote is given or taken away.
 *
 * <p>Owner: the command's thread.
 */
final class VoterOptions {
  @Parameters(paramLabel = "NODE", description = "The node's id.")
  int node;

  /** null = the one that votes, or follows; a node has at most one that votes. */
  @Option(
      names = "--directory",
      converter = DirectoryIdConverter.class,
      paramLabel = "ID",
      description =
          "Its directory.id, as quorum status shows it. Default: the one that votes to remove it,"
              + " the one that follows to add it.")
  Uuid directory;
}
