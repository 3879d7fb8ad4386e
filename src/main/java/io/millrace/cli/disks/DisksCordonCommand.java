package io.millrace.cli.disks;

import io.millrace.cli.CliContext;
import java.util.List;
import java.util.SortedSet;
import picocli.CommandLine.Command;

/** {@code disks cordon}. */
@Command(
    name = "cordon",
    description = {
      "Keep new partitions away from log directories (cordoned.log.dirs, KIP-1066).",
      "What is in them stays: millrace disks drain moves it away."
    },
    footerHeading = "%nExamples:%n",
    footer = "  millrace disks cordon 1 /data/b")
public final class DisksCordonCommand extends CordonChange {
  public DisksCordonCommand(CliContext context) {
    super(context);
  }

  @Override
  void change(SortedSet<String> cordoned, List<String> named) {
    cordoned.addAll(named);
  }
}
