package io.millrace.cli.bench;

import io.millrace.cli.CommandGroup;
import picocli.CommandLine.Command;

/** Groups the measurements. */
@Command(
    name = "bench",
    description = "Measure a broker: throughput and latency, as its clients see them.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {BenchProduceCommand.class, BenchConsumeCommand.class, BenchLatencyCommand.class},
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace bench produce",
      "  millrace bench consume --records 5000000 --record-size 100",
      "  millrace bench latency --output json",
      "",
      "Works against every broker that speaks the Kafka protocol. On one machine,",
      "client and broker share the cores: compare only runs on the same machine."
    })
public final class BenchCommand extends CommandGroup {}
