/** The commands about the metadata quorum. */
package io.millrace.cli.quorum;
