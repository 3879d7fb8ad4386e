package io.millrace.cli.configs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import picocli.CommandLine.Option;

/**
 * What is set, and what is put back to its default.
 *
 * <p>Owner: the command's thread.
 */
public final class SetOptions {
  @Option(
      names = {"-c", "--config"},
      paramLabel = "KEY=VALUE",
      description = "A setting to set; repeatable.")
  Map<String, String> configs = new LinkedHashMap<>();

  @Option(
      names = "--delete-config",
      paramLabel = "KEY",
      split = ",",
      description = "A setting to put back to its default; repeatable.")
  List<String> deletions = new ArrayList<>();

  /** In the order of the options; a list that may grow. */
  public List<AlterConfigOp> ops() {
    List<AlterConfigOp> ops = new ArrayList<>();
    configs.forEach((key, value) -> ops.add(Changes.op(OpType.SET, key, value)));
    deletions.forEach(key -> ops.add(Changes.op(OpType.DELETE, key, null)));
    return ops;
  }
}
