package io.millrace.cli.groups;

import io.millrace.cli.AdminCommand;
import io.millrace.cli.CliContext;
import io.millrace.cli.OutputOptions;
import io.millrace.cli.TextTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaFuture;
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
public final class GroupsListCommand extends AdminCommand {
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

  @Mixin OutputOptions output;

  private final ListGroupsOptions asked = new ListGroupsOptions();

  public GroupsListCommand(CliContext context) {
    super(context);
  }

  @Override
  protected void check() {
    if (!states.isEmpty()) {
      asked.inGroupStates(parse("--state", "state", states, GroupState::parse, GroupState.UNKNOWN));
    }
    if (!types.isEmpty()) {
      asked.withTypes(parse("--type", "type", types, GroupType::parse, GroupType.UNKNOWN));
    }
  }

  @Override
  protected void run(Admin admin) throws InterruptedException, ExecutionException {
    List<GroupListing> groups = new ArrayList<>(admin.listGroups(asked).all().get());
    groups.sort(Comparator.comparing(GroupListing::groupId));
    if (!output.json() && !details) {
      groups.forEach(group -> println(group.groupId()));
      return;
    }
    Map<String, Integer> members = members(admin, groups);
    if (output.json()) {
      printJson(groups, group -> json(group, members));
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

  private <T> Set<T> parse(
      String option, String what, List<String> texts, Function<String, T> parser, T unknown) {
    Set<T> wanted = new HashSet<>();
    for (String text : texts) {
      T parsed = parser.apply(text);
      if (parsed == unknown) {
        throw usage(option + ": '" + text + "' is no " + what + " of a group");
      }
      wanted.add(parsed);
    }
    return wanted;
  }

  /** How many members groups have; those that cannot be described are left out. */
  private static Map<String, Integer> members(Admin admin, List<GroupListing> groups)
      throws InterruptedException {
    Map<String, Integer> members = new HashMap<>();
    List<String> ofConsumers =
        groups.stream()
            .filter(GroupsListCommand::isOfConsumers)
            .map(GroupListing::groupId)
            .toList();
    count(members, admin.describeConsumerGroups(ofConsumers).describedGroups(), g -> g.members());
    List<String> others =
        groups.stream()
            .filter(group -> !isOfConsumers(group))
            .filter(group -> group.type().orElse(GroupType.CLASSIC) == GroupType.CLASSIC)
            .map(GroupListing::groupId)
            .toList();
    count(members, admin.describeClassicGroups(others).describedGroups(), g -> g.members());
    return members;
  }

  private static <T> void count(
      Map<String, Integer> members,
      Map<String, KafkaFuture<T>> described,
      Function<T, Collection<?>> membersOf)
      throws InterruptedException {
    for (var one : described.entrySet()) {
      try {
        members.put(one.getKey(), membersOf.apply(one.getValue().get()).size());
      } catch (ExecutionException e) {
        members.remove(one.getKey());
      }
    }
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
