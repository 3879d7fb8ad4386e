package io.millrace.cluster.state;

import io.millrace.model.VoterId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who the first voters of a new cluster are to be, by the settings of one node.
 *
 * <p>Owner: immutable.
 */
public sealed interface FirstVoters {
  /** How many first voters there are, where there are enough nodes to choose from. */
  int WANTED = 3;

  /**
   * What is known now.
   *
   * @param voters empty = not known yet
   * @param complete whether nobody is missing who is named in the settings, voter or not
   * @param missing for people: what keeps the voters from being known; empty if they are
   *     <p>Owner: immutable.
   */
  record Found(Set<VoterId> voters, boolean complete, List<String> missing) {
    static final Found NOBODY = new Found(Set.of(), false, List.of());

    public Found {
      voters = Set.copyOf(voters);
      missing = List.copyOf(missing);
    }

    static Found waiting(List<String> missing) {
      return new Found(Set.of(), false, missing);
    }
  }

  /**
   * Finds the first voters among those who are there.
   *
   * @param self this node
   * @param members those seen now, this node included, the oldest first
   * @param seeds what the seeds' names stand for
   */
  Found among(VoterId self, List<Visible> members, Map<String, SeedAddresses> seeds);

  /** What the settings say, for people. */
  String describe();

  /**
   * The first {@value FirstVoters#WANTED} of a list that may be voters; the first alone, where
   * there are fewer.
   *
   * @param names {@code host:port} each
   *     <p>Owner: immutable.
   */
  record Seeds(List<String> names) implements FirstVoters {
    public Seeds {
      names = List.copyOf(names);
      if (names.isEmpty()) {
        throw new IllegalArgumentException("No seeds");
      }
    }

    @Override
    public Found among(VoterId self, List<Visible> members, Map<String, SeedAddresses> seeds) {
      // In the order of the list; a name twice, or two names of one node, count once.
      Set<VoterId> voters = new LinkedHashSet<>();
      List<String> missing = new ArrayList<>();
      VoterId first = null;
      for (String name : names) {
        List<Visible> matches = matches(self, members, name, seeds.get(name));
        if (matches.size() > 1) {
          return Found.waiting(
              List.of(
                  "the seed "
                      + name
                      + " stands for several nodes ("
                      + nodes(matches)
                      + "): give each of the first voters a seed of its own"));
        }
        if (matches.isEmpty()) {
          missing.add(name);
        } else if (matches.get(0).mayVote()) {
          voters.add(matches.get(0).id());
          if (missing.isEmpty() && first == null) {
            first = matches.get(0).id();
          }
        }
        if (voters.size() == WANTED && missing.isEmpty()) {
          return new Found(voters, allThere(self, members, seeds), List.of());
        }
      }
      if (voters.size() + missing.size() < WANTED && first != null) {
        return new Found(Set.of(first), missing.isEmpty(), List.of());
      }
      if (!missing.isEmpty()) {
        return Found.waiting(
            missing.stream().map(name -> "the seed " + name + " is not there yet").toList());
      }
      return Found.waiting(
          List.of("none of the seeds may vote: process.roles of three of them needs controller"));
    }

    private boolean allThere(
        VoterId self, List<Visible> members, Map<String, SeedAddresses> seeds) {
      return names.stream()
          .noneMatch(name -> matches(self, members, name, seeds.get(name)).isEmpty());
    }

    private static List<Visible> matches(
        VoterId self, List<Visible> members, String name, SeedAddresses looked) {
      List<Visible> matches =
          members.stream()
              .filter(
                  member ->
                      member.addresses().contains(name)
                          || (looked != null
                              && member.addresses().stream()
                                  .anyMatch(looked.addresses()::contains)))
              .toList();
      if (matches.isEmpty() && looked != null && looked.ofThisHost()) {
        return members.stream().filter(member -> member.id().equals(self)).toList();
      }
      return matches;
    }

    private static String nodes(List<Visible> members) {
      Set<Integer> ids = new TreeSet<>();
      members.forEach(member -> ids.add(member.id().nodeId()));
      return String.join(", ", ids.stream().map(id -> "node " + id).toList());
    }

    @Override
    public String describe() {
      return "cluster.seeds=" + String.join(",", names);
    }
  }

  /**
   * The oldest member that may vote, alone: for one laptop, where nodes find each other without a
   * list. Nothing keeps two nodes that do not see each other from making two clusters.
   *
   * <p>Owner: immutable.
   */
  record Oldest() implements FirstVoters {
    @Override
    public Found among(VoterId self, List<Visible> members, Map<String, SeedAddresses> seeds) {
      return members.stream()
          .filter(Visible::mayVote)
          .findFirst()
          .map(oldest -> new Found(Set.of(oldest.id()), false, List.of()))
          .orElseGet(() -> Found.waiting(List.of("no member may vote (process.roles)")));
    }

    @Override
    public String describe() {
      return "the oldest member";
    }
  }

  /**
   * Nobody: the node only joins a cluster that is there.
   *
   * <p>Owner: immutable.
   */
  record Nobody() implements FirstVoters {
    @Override
    public Found among(VoterId self, List<Visible> members, Map<String, SeedAddresses> seeds) {
      return Found.waiting(
          List.of(
              "there is no cluster yet, and cluster.seeds does not say who its first voters are"));
    }

    @Override
    public String describe() {
      return "";
    }
  }
}
