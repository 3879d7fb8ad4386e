package io.millrace.cli.bench;

import io.millrace.cli.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine;
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
public final class BenchCommand implements Callable<Integer> {
  @CommandLine.Spec CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return ExitCode.USAGE;
  }
}
