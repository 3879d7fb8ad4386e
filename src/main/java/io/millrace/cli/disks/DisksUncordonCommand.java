package io.millrace.cli.disks;

import io.millrace.cli.CliContext;
import java.util.List;
import java.util.SortedSet;
import picocli.CommandLine.Command;

/** {@code disks uncordon}. */
@Command(
    name = "uncordon",
    description = {"Let log directories have new partitions again."},
    footerHeading = "%nExamples:%n",
    footer = "  millrace disks uncordon 1 /data/b")
public final class DisksUncordonCommand extends CordonChange {
  public DisksUncordonCommand(CliContext context) {
    super(context);
  }

  @Override
  void change(SortedSet<String> cordoned, List<String> named) {
    cordoned.removeAll(named);
  }
}
