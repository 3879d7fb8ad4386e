package io.millrace.quorum.state;

/**
 * What a replica is at the moment, and what it must know for that.
 *
 * <p>Owner: quorum context.
 */
sealed interface RoleState permits Following, Campaigning, Leading, Failed {}
