package io.millrace.cli.groups;

import io.millrace.cli.BrokerOptions;
import io.millrace.cli.CliContext;
import io.millrace.cli.Json;
import io.millrace.cli.OutputFormat;
import io.millrace.cli.TextTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code groups list}. */
@Command(
    name = "list",
    description = "List groups: an id on each line.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace groups list",
      "  millrace groups list --long",
      "  millrace groups list --state empty,stable --output json"
    })
public final class GroupsListCommand implements Callable<Integer> {
  private final CliContext context;
  @CommandLine.Spec CommandLine.Model.CommandSpec spec;
  @Mixin BrokerOptions broker;

  @Option(
      names = {"-l", "--long"},
      description = "Type, protocol, state and members too.")
  boolean details;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      split = ",",
      description = "Only groups in these states, such as stable or empty.")
  List<String> states = new ArrayList<>();

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      split = ",",
      description = "Only groups of these types: classic, consumer.")
  List<String> types = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "text or json.")
  OutputFormat output = OutputFormat.TEXT;

  public GroupsListCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException, ExecutionException {
    ListGroupsOptions options = new ListGroupsOptions();
    if (!states.isEmpty()) {
      options.inGroupStates(wantedStates());
    }
    if (!types.isEmpty()) {
      options.withTypes(wantedTypes());
    }
    broker.checkReachable();
    try (Admin admin = context.clients().admin(broker.settings(Map.of()))) {
      List<GroupListing> groups = new ArrayList<>(admin.listGroups(options).all().get());
      groups.sort(Comparator.comparing(GroupListing::groupId));
      if (output == OutputFormat.TEXT && !details) {
        groups.forEach(group -> context.terminal().out().println(group.groupId()));
        return 0;
      }
      Map<String, Integer> members = members(admin, groups);
      if (output == OutputFormat.JSON) {
        context
            .terminal()
            .out()
            .println(Json.pretty(groups.stream().map(group -> json(group, members)).toList()));
      } else {
        var table =
            new TextTable(context.terminal(), "GROUP", "TYPE", "PROTOCOL", "STATE", "MEMBERS");
        groups.forEach(
            group ->
                table.row(
                    group.groupId(),
                    type(group),
                    group.protocol().isEmpty() ? "-" : group.protocol(),
                    state(group),
                    members.containsKey(group.groupId()) ? members.get(group.groupId()) : "-"));
        table.print("");
      }
    }
    return 0;
  }

  private Set<GroupState> wantedStates() {
    return states.stream()
        .map(
            text -> {
              GroupState state = GroupState.parse(text);
              if (state == GroupState.UNKNOWN) {
                throw new CommandLine.ParameterException(
                    spec.commandLine(), "--state: '" + text + "' is no state of a group");
              }
              return state;
            })
        .collect(Collectors.toSet());
  }

  private Set<GroupType> wantedTypes() {
    return types.stream()
        .map(
            text -> {
              GroupType type = GroupType.parse(text);
              if (type == GroupType.UNKNOWN) {
                throw new CommandLine.ParameterException(
                    spec.commandLine(), "--type: '" + text + "' is no type of a group");
              }
              return type;
            })
        .collect(Collectors.toSet());
  }

  /** How many members groups have; those that cannot be described are left out. */
  private static Map<String, Integer> members(Admin admin, List<GroupListing> groups)
      throws InterruptedException {
    Map<Boolean, List<String>> byConsumers =
        groups.stream()
            .collect(
                Collectors.partitioningBy(
                    GroupsListCommand::isOfConsumers,
                    Collectors.mapping(GroupListing::groupId, Collectors.toList())));
    Map<String, Integer> members = new HashMap<>();
    for (var one :
        admin.describeConsumerGroups(byConsumers.get(true)).describedGroups().entrySet()) {
      try {
        members.put(one.getKey(), one.getValue().get().members().size());
      } catch (ExecutionException e) {
        members.remove(one.getKey());
      }
    }
    List<String> others =
        groups.stream()
            .filter(group -> !isOfConsumers(group))
            .filter(group -> group.type().orElse(GroupType.CLASSIC) == GroupType.CLASSIC)
            .map(GroupListing::groupId)
            .toList();
    for (var one : admin.describeClassicGroups(others).describedGroups().entrySet()) {
      try {
        members.put(one.getKey(), one.getValue().get().members().size());
      } catch (ExecutionException e) {
        members.remove(one.getKey());
      }
    }
    return members;
  }

  private static boolean isOfConsumers(GroupListing group) {
    return group.protocol().isEmpty() || group.protocol().equals("consumer");
  }

  private static Map<String, Object> json(GroupListing group, Map<String, Integer> members) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("group", group.groupId());
    json.put("type", type(group));
    json.put("protocol", group.protocol());
    json.put("state", state(group));
    json.put("members", members.get(group.groupId()));
    return json;
  }

  private static String type(GroupListing group) {
    return group.type().map(GroupType::toString).orElse("-");
  }

  private static String state(GroupListing group) {
    return group.groupState().map(GroupState::toString).orElse("-");
  }
}
