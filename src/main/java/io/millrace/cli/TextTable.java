package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Columns as wide as their longest cell; numbers to the right.
 *
 * <p>Owner: the command's thread.
 */
public final class TextTable {
  private final List<List<String>> rows = new ArrayList<>();
  private final Terminal terminal;

  public TextTable(Terminal terminal, String... header) {
    this.terminal = terminal;
    rows.add(List.of(header));
  }

  /** Adds a line; as many cells as the header has. */
  public void row(Object... cells) {
    List<String> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(String.valueOf(cell));
    }
    rows.add(row);
  }

  /** Writes everything, each line after {@code indent}. */
  public void print(String indent) {
    int columns = rows.get(0).size();
    int[] width = new int[columns];
    boolean[] numeric = new boolean[columns];
    for (int column = 0; column < columns; column++) {
      numeric[column] = rows.size() > 1;
      for (int row = 0; row < rows.size(); row++) {
        String cell = rows.get(row).get(column);
        width[column] = Math.max(width[column], cell.length());
        numeric[column] &= row == 0 || cell.matches("-|-?[\\d,.]+");
      }
    }
    for (int row = 0; row < rows.size(); row++) {
      StringBuilder line = new StringBuilder(indent);
      for (int column = 0; column < columns; column++) {
        String cell = rows.get(row).get(column);
        String padding = " ".repeat(width[column] - cell.length());
        line.append(numeric[column] ? padding + cell : cell + padding).append("  ");
      }
      String text = line.toString().stripTrailing();
      terminal.out().println(row == 0 ? terminal.bold(text) : text);
    }
  }
}
