package io.millrace.cli;

import picocli.CommandLine;

/** Entry point of {@code millrace.jar}. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    Terminal terminal = Terminal.ofProcess(System.getenv());
    NodeRun node = NodeRun.parsePlain(args, terminal, System.getenv());
    int code =
        node != null
            ? start(node, terminal)
            : run(args, new CliContext(terminal, KafkaClients.real(), Interruption.ofProcess()));
    LogbackConfiguration.flush();
    System.exit(code);
  }

  private static int start(NodeRun node, Terminal terminal) {
    Logging.configure(true, false);
    try {
      return node.run();
    } catch (RuntimeException | InterruptedException e) {
      return Failures.report(terminal, e, false);
    }
  }

  /** Parses and runs one command line; the answer is the exit code, see {@link ExitCode}. */
  static int run(String[] args, CliContext context) {
    int code = commandLine(context).execute(args);
    try {
      context.terminal().out().flush();
    } catch (OutputFailedException e) {
      return code == ExitCode.OK ? Failures.report(context.terminal(), e, false) : code;
    } finally {
      context.interruption().commandEnded();
    }
    return code;
  }

  static CommandLine commandLine(CliContext context) {
    Terminal terminal = context.terminal();
    var ansi = terminal.ansi() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF;
    var scheme = CommandLine.Help.defaultColorScheme(ansi);
    var commandLine = new CommandLine(new MillraceCommand(), new CommandFactory(context));
    // Setting these on the root after the subcommands are known reaches all of them.
    return commandLine
        .setOut(terminal.out().asWriter())
        .setErr(terminal.err())
        .setColorScheme(scheme)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setAbbreviatedOptionsAllowed(false)
        .setOverwrittenOptionsAllowed(false)
        .setUsageHelpAutoWidth(true)
        .setUsageHelpLongOptionsMaxWidth(28)
        .setExecutionStrategy(
            parsed -> {
              boolean verbose = parsed.matchedOption("--verbose") != null;
              for (var at = parsed; at != null; at = at.hasSubcommand() ? at.subcommand() : null) {
                verbose |= at.hasMatchedOption("--verbose");
              }
              boolean node =
                  parsed.hasSubcommand()
                      && "start".equals(parsed.subcommand().commandSpec().name());
              Logging.configure(node, verbose);
              return new CommandLine.RunLast().execute(parsed);
            })
        .setParameterExceptionHandler((e, a) -> Failures.usage(terminal, e))
        .setExecutionExceptionHandler(
            (e, command, parsed) ->
                Failures.report(
                    terminal,
                    command.getCommand() instanceof ClientCommand client ? client.explained(e) : e,
                    Logging.verbose()));
  }
}
