package io.millrace.quorum.state;

/**
 * The disk failed or is damaged: this replica says nothing any more.
 *
 * <p>Owner: immutable.
 */
record Failed() implements RoleState {}
