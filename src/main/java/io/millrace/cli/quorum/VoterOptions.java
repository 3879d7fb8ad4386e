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

  /** null = the one that the cluster knows now. */
  @Option(
      names = "--directory",
      converter = DirectoryIdConverter.class,
      paramLabel = "ID",
      description = "Its directory.id. Default: the one that it has now.")
  Uuid directory;
}
