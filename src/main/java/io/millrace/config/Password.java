package io.millrace.config;

/**
 * A secret that does not show itself in logs and error messages.
 *
 * @param value the secret itself
 *     <p>Owner: immutable.
 */
public record Password(String value) {
  /** What is shown instead of a secret. */
  public static final String HIDDEN = "[hidden]";

  @Override
  public String toString() {
    return HIDDEN;
  }
}
