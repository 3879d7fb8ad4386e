/** Requests of consumer groups: finding their coordinator, committing and fetching offsets. */
package io.millrace.api.groups;
