package io.millrace.cli;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.Errors;
import picocli.CommandLine;

/**
 * Turns what went wrong into one line and an exit code.
 *
 * <p>Owner: immutable.
 */
public final class Failures {
  /** How Kafka's admin client tells of its calls; what matters is what they were answered. */
  private static final Pattern INSIDES =
      Pattern.compile("(: )?(Call\\(callName=|Timed out waiting (for a node|to send)).*");

  private Failures() {}

  /** A command line that makes no sense: one line, the way to the help, nothing done. */
  static int usage(Terminal terminal, CommandLine.ParameterException e) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    // Of an option that takes KEY=VALUE the parser stutters, and of a group it begins anew.
    String message = oneLine(e.getMessage()).replace("option option ", "option ");
    terminal.note("millrace: " + message.replaceFirst("^Error: ", ""));
    if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
      var suggestions = unmatched.getSuggestions();
      if (!suggestions.isEmpty()) {
        terminal.note("Did you mean: " + String.join(", ", suggestions) + "?");
      }
    }
    terminal.note("Try: " + command + " --help");
    return ExitCode.USAGE;
  }

  /** A command that failed; a stack trace only for those who ask for it. */
  static int report(Terminal terminal, Throwable thrown, boolean verbose) {
    Throwable cause = unwrap(thrown);
    if (cause instanceof OutputFailedException output && output.readerHasGone()) {
      return ExitCode.OK;
    }
    terminal.note("millrace: " + oneLine(describe(cause)));
    for (Throwable another : cause.getSuppressed()) {
      terminal.note("millrace: " + oneLine(describe(unwrap(another))));
    }
    if (verbose) {
      thrown.printStackTrace(terminal.err());
      terminal.err().flush();
    }
    return exitCode(cause);
  }

  /** What the broker said about one of several things that were asked for. */
  public static CommandFailure about(String subject, Throwable thrown) {
    Throwable cause = unwrap(thrown);
    return new CommandFailure(exitCode(cause), subject + ": " + describe(cause), cause);
  }

  /** A topic has no such partition, only those from 0 to {@code last}. */
  public static CommandFailure noPartition(String topic, int partition, int last) {
    return new CommandFailure(
        ExitCode.NOT_FOUND,
        "topic " + topic + " has no partition " + partition + ", only 0 to " + last);
  }

  static Throwable unwrap(Throwable thrown) {
    Throwable cause = thrown;
    while ((cause instanceof ExecutionException || cause instanceof CompletionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  static int exitCode(Throwable cause) {
    if (cause instanceof CommandFailure failure) {
      return failure.exitCode();
    }
    if (cause instanceof UnknownTopicOrPartitionException
        || cause instanceof GroupIdNotFoundException
        || cause instanceof TransactionalIdNotFoundException) {
      return ExitCode.NOT_FOUND;
    }
    if (isTimeout(cause)) {
      return ExitCode.UNREACHABLE;
    }
    return cause instanceof ConfigException ? ExitCode.USAGE : ExitCode.FAILED;
  }

  /** Kafka's name of the error and its explanation, or our own words. */
  static String describe(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    if (cause instanceof CommandFailure || cause instanceof ConfigException) {
      return message;
    }
    if (cause instanceof OutputFailedException) {
      return "cannot write to standard output: " + cause.getCause().getMessage();
    }
    if (cause instanceof TimeoutException) {
      return unanswered(message, cause.getCause());
    }
    if (cause instanceof InterruptException) {
      return "interrupted";
    }
    if (cause instanceof UnknownTopicOrPartitionException && isDefault(cause)) {
      return "UNKNOWN_TOPIC_OR_PARTITION: there is no such topic or partition";
    }
    if (cause instanceof TransactionalIdNotFoundException) {
      return "TRANSACTIONAL_ID_NOT_FOUND: no coordinator knows this transactional id";
    }
    if (cause instanceof ApiException) {
      Errors error = Errors.forException(cause);
      return error == Errors.UNKNOWN_SERVER_ERROR ? message : error.name() + ": " + message;
    }
    if (cause instanceof KafkaException && cause.getCause() != null) {
      Throwable reason = cause.getCause();
      return message
          + ": "
          + (reason instanceof TimeoutException ? describe(reason) : reason.getMessage());
    }
    return cause instanceof KafkaException || cause.getMessage() != null
        ? message
        : cause.getClass().getSimpleName();
  }

  /**
   * The same, of what was waited for in vain.
   *
   * @param last what a broker has answered to the last attempt; null = nothing
   */
  private static String unanswered(String message, Throwable last) {
    String outside = INSIDES.matcher(message).replaceFirst("");
    if (outside.equals(message)) {
      return "no answer in time: " + message;
    }
    if (last instanceof ApiException && !(last instanceof DisconnectException)) {
      return last instanceof TimeoutException
          ? describe(last)
          : "no answer in time: " + describe(last);
    }
    return outside.isEmpty() ? "no answer in time" : "no answer in time: " + outside;
  }

  /** Whether it failed because nobody answered, or nobody who could. */
  static boolean isUnanswered(Throwable thrown) {
    Throwable cause = unwrap(thrown);
    if (cause instanceof CommandFailure && cause.getCause() != null) {
      cause = unwrap(cause.getCause());
    }
    return isTimeout(cause)
        || cause instanceof NotControllerException
        || cause instanceof CoordinatorNotAvailableException;
  }

  /** Whether the broker has found no words of its own. */
  private static boolean isDefault(Throwable cause) {
    return Errors.forException(cause).message().equals(cause.getMessage());
  }

  /** The admin client wraps that of a call which it made for another one. */
  private static boolean isTimeout(Throwable cause) {
    return cause instanceof TimeoutException
        || (cause instanceof KafkaException && cause.getCause() instanceof TimeoutException);
  }

  /** With what the user is told. */
  static CommandFailure asFailure(Throwable thrown) {
    Throwable cause = unwrap(thrown);
    return cause instanceof CommandFailure failure
        ? failure
        : new CommandFailure(exitCode(cause), describe(cause), thrown);
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
