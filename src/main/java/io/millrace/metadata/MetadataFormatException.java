package io.millrace.metadata;

/**
 * A metadata record that this version cannot read: damaged, or written by a newer version.
 *
 * <p>Owner: immutable.
 */
public final class MetadataFormatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MetadataFormatException(String message) {
    super(message);
  }
}
