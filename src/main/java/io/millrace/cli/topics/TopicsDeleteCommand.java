package io.millrace.cli.topics;

import io.millrace.cli.BrokerOptions;
import io.millrace.cli.CliContext;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.Failures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code topics delete}. */
@Command(
    name = "delete",
    description = "Delete topics with all their records.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace topics delete orders",
      "  millrace topics delete a b c --if-exists",
    })
public final class TopicsDeleteCommand implements Callable<Integer> {
  private final CliContext context;
  @Mixin BrokerOptions broker;

  @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Names.")
  List<String> topics;

  @Option(names = "--if-exists", description = "A missing topic is no failure.")
  boolean ifExists;

  public TopicsDeleteCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException, ExecutionException {
    broker.checkReachable();
    try (Admin admin = context.clients().admin(broker.settings(Map.of()))) {
      var answers = admin.deleteTopics(topics).topicNameValues();
      List<CommandFailure> failures = new ArrayList<>();
      for (String topic : topics) {
        try {
          answers.get(topic).get();
          context.terminal().out().println("Deleted " + topic);
        } catch (ExecutionException e) {
          if (ifExists && e.getCause() instanceof UnknownTopicOrPartitionException) {
            context.terminal().out().println("Does not exist: " + topic);
          } else {
            failures.add(Failures.about(topic, e));
          }
        }
      }
      CommandFailure.throwFirst(failures);
    }
    return 0;
  }
}
