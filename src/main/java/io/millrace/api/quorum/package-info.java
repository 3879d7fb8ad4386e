/** The metadata quorum as clients see and change it. */
package io.millrace.api.quorum;
