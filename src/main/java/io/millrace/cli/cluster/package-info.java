/** The commands about the cluster as a whole. */
package io.millrace.cli.cluster;
