package io.millrace.cli;

import io.millrace.cli.bench.BenchCommand;
import io.millrace.cli.cluster.ClusterCommand;
import io.millrace.cli.configs.ConfigsCommand;
import io.millrace.cli.disks.DisksCommand;
import io.millrace.cli.dump.DumpCommand;
import io.millrace.cli.groups.GroupsCommand;
import io.millrace.cli.partitions.PartitionsCommand;
import io.millrace.cli.quorum.QuorumCommand;
import io.millrace.cli.quotas.QuotasCommand;
import io.millrace.cli.records.ConsumeCommand;
import io.millrace.cli.records.ProduceCommand;
import io.millrace.cli.topics.TopicsCommand;
import io.millrace.cli.transactions.TransactionsCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The root of the command line; does nothing itself. */
@Command(
    name = "millrace",
    description = "A message broker that speaks the Apache Kafka protocol, and its tools.",
    versionProvider = MillraceCommand.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      StartCommand.class,
      TopicsCommand.class,
      GroupsCommand.class,
      TransactionsCommand.class,
      ClusterCommand.class,
      QuorumCommand.class,
      PartitionsCommand.class,
      ConfigsCommand.class,
      DisksCommand.class,
      QuotasCommand.class,
      ProduceCommand.class,
      ConsumeCommand.class,
      DumpCommand.class,
      BenchCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace start",
      "  millrace topics create orders --partitions 3",
      "  echo hello | millrace produce orders",
      "  millrace consume orders",
      "  millrace groups describe billing",
      "  millrace cluster",
      "",
      "The client commands work with every broker that speaks the Kafka protocol.",
      "",
      "Exit codes:",
      "  0  done",
      "  1  failed",
      "  2  wrong usage, nothing done",
      "  3  no broker answers, or there is no controller",
      "  4  no such topic, partition, group, transactional id, node or file",
      "  5  damage found in a file (dump)"
    })
final class MillraceCommand extends CommandGroup {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help and exit.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version and exit.")
  boolean version;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show stack traces and the Kafka clients' log on standard error.")
  boolean verbose;

  /** The version in the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = MillraceCommand.class.getPackage().getImplementationVersion();
      return new String[] {
        "millrace " + (version == null ? "(not from a jar)" : version),
        "Java "
            + System.getProperty("java.version")
            + " on "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.arch")
      };
    }
  }
}
