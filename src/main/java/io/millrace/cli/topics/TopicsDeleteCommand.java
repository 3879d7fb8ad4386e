package io.millrace.cli.topics;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import picocli.CommandLine.Command;
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
public final class TopicsDeleteCommand extends AdminCommand {
  @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Names.")
  List<String> topics;

  @Option(names = "--if-exists", description = "A missing topic is no failure.")
  boolean ifExists;

  public TopicsDeleteCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void run(Admin admin) throws InterruptedException {
    reportDeleted(
        topics,
        admin.deleteTopics(topics).topicNameValues(),
        answer -> ifExists && answer instanceof UnknownTopicOrPartitionException);
  }
}
