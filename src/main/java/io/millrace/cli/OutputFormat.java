package io.millrace.cli;

/** How results are written: for people or for programs. */
public enum OutputFormat {
  TEXT,
  JSON
}
