package io.millrace.record;

/**
 * Ends the walk over records that are none. Has no stack trace, since a client can cause it at
 * will; whoever catches it knows where the walk was.
 *
 * <p>Owner: immutable.
 */
final class MalformedRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MalformedRecordException() {
    super("malformed record", null, false, false);
  }
}
