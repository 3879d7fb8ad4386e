package io.millrace.cli.dump;

import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import io.millrace.cli.OutputFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code dump}: shows and checks what is on disk. Only reads, needs no broker, and reads Apache
 * Kafka's files as well.
 *
 * <p>Owner: the command's thread.
 */
@Command(
    name = "dump",
    description = {
      "Show and check files of a log directory: segments, indexes, producer snapshots, checkpoints.",
      "A directory of a partition, or a whole log directory, gives a line for each file. Apache"
          + " Kafka's files can be read as well. Changes nothing."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace dump data/orders-0",
      "  millrace dump data/orders-0/00000000000000000000.log --records",
      "  millrace dump data/orders-0/00000000000000000000.log --values --offset 42",
      "  millrace dump data --output json | jq 'select(.type == \"damage\")'",
      "",
      "Exits with 5 when a file is damaged. A torn tail is damage that the next start",
      "of the broker repairs; while it writes, it can also be a batch in the making."
    })
public final class DumpCommand implements Callable<Integer> {
  private final CliContext context;

  @Parameters(arity = "1..*", paramLabel = "PATH", description = "Files or directories.")
  List<Path> paths;

  @Option(
      names = {"-r", "--records"},
      description = "Each record too.")
  boolean records;

  @Option(
      names = {"-v", "--values"},
      description = "Keys, values and headers of each record too.")
  boolean values;

  @Option(
      names = {"-s", "--summary"},
      description = "One line for each file, as for directories.")
  boolean summary;

  @Option(
      names = "--offset",
      paramLabel = "N",
      description = "Begin with this offset; what is before is checked only.")
  long fromOffset;

  @Option(
      names = {"-n", "--max-batches"},
      paramLabel = "N",
      description = "Show so many of each segment; the rest is checked only.")
  long maxBatches = Long.MAX_VALUE;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "text, or json: an object on each line.")
  OutputFormat output = OutputFormat.TEXT;

  public DumpCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    DumpSink sink = new DumpSink(context.terminal(), output);
    for (Path path : paths) {
      if (!Files.exists(path)) {
        throw new CommandFailure(ExitCode.NOT_FOUND, "no such file or directory: " + path);
      }
      if (Files.isDirectory(path)) {
        directory(sink, path);
      } else {
        file(sink, path, !summary);
      }
    }
    if (sink.problems() > 0) {
      throw new CommandFailure(
          ExitCode.CORRUPT,
          sink.problems() == 1 ? "damage found" : sink.problems() + " times damage found");
    }
    return ExitCode.OK;
  }

  private void directory(DumpSink sink, Path directory) throws IOException {
    List<Path> content;
    try (Stream<Path> entries = Files.list(directory)) {
      content = entries.sorted().toList();
    }
    boolean details = records || values;
    for (Path file : content) {
      if (Files.isRegularFile(file)) {
        if (DumpFile.of(file).kind() != DumpFile.Kind.UNKNOWN) {
          file(sink, file, details);
        }
      } else if (Files.isDirectory(file)) {
        directory(sink, file);
      }
    }
  }

  private void file(DumpSink sink, Path path, boolean details) throws IOException {
    sink.heading(path.toString());
    DumpFile file = DumpFile.of(path);
    var indexes = new IndexDump(sink, details);
    switch (file.kind()) {
      case SEGMENT -> {
        var detail =
            new SegmentDump.Detail(details, records || values, values, fromOffset, maxBatches);
        new SegmentDump(sink, detail).dump(path);
      }
      case OFFSET_INDEX -> indexes.dumpOffsets(path, file.baseOffset());
      case TIME_INDEX -> indexes.dumpTimes(path, file.baseOffset());
      case TRANSACTION_INDEX -> indexes.dumpTransactions(path);
      case PRODUCER_SNAPSHOT -> new SnapshotDump(sink, details).dump(path);
      case LEADER_EPOCHS -> new TextDump(sink).dumpCheckpoint(path, "leaderEpoch", "startOffset");
      case PARTITION_OFFSETS ->
          new TextDump(sink).dumpCheckpoint(path, "topic", "partition", "offset");
      case TEXT -> new TextDump(sink).dumpLines(path);
      case UNKNOWN ->
          throw new CommandFailure(
              ExitCode.FAILED,
              path + " has no name of a segment, index, snapshot or checkpoint file");
    }
  }
}
