/** {@code millrace partitions}: which brokers have which partitions. */
package io.millrace.cli.partitions;
