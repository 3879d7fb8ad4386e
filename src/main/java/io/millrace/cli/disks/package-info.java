/** {@code millrace disks}: the log directories of brokers, and what is in them. */
package io.millrace.cli.disks;
