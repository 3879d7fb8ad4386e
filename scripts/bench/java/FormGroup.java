import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Members of a classic group that start at the same moment, several groups one after the other.
 *
 * <p>Usage: FormGroup HOST:PORT TOPIC PARTITIONS MEMBERS TIMES. Prints for each time {@code FORMED
 * seconds=… generation=…}: until every member had its part of one and the same generation.
 */
public final class FormGroup {
  private static final int SESSION_TIMEOUT_MS = 45_000;

  private FormGroup() {}

  public static void main(String[] args) throws Exception {
    int partitions = Integer.parseInt(args[2]);
    for (int i = 0; i < Integer.parseInt(args[4]); i++) {
      try (Links links = new Links(args[0])) {
        String group = args[1] + "-" + System.nanoTime();
        List<ClassicMember> members = new ArrayList<>();
        for (int j = 0; j < Integer.parseInt(args[3]); j++) {
          members.add(
              new ClassicMember(
                  links, links.open(), group, args[1], partitions, SESSION_TIMEOUT_MS));
        }
        long since = System.nanoTime();
        members.forEach(ClassicMember::join);
        links.runUntil("one generation", () -> formed(members));
        System.out.printf(
            Locale.ROOT,
            "FORMED seconds=%.3f generation=%d%n",
            (System.nanoTime() - since) / 1e9,
            members.get(0).generation());
      }
    }
    System.out.println("DONE");
  }

  private static boolean formed(List<ClassicMember> members) {
    int generation = members.get(0).generation();
    return members.stream().allMatch(one -> one.stable() && one.generation() == generation);
  }
}
