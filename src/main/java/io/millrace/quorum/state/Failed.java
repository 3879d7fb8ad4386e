package io.millrace.quorum.state;

/**
 * The disk failed: this replica says nothing any more.
 *
 * <p>Owner: immutable.
 */
record Failed() implements RoleState {}
