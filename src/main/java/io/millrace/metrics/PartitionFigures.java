package io.millrace.metrics;

/**
 * Where a scrape finds the figures of the partitions on this node. They are asked for at each
 * scrape instead of being registered one by one, which would cost thousands of objects.
 *
 * <p>Owner: any thread; it is called on the scraping thread and must read published values only.
 */
public interface PartitionFigures {
  /** Tells {@code visitor} of every partition with a replica here. */
  void visit(Visitor visitor);

  /** Takes the figures of one partition. */
  interface Visitor {
    /**
     * One replica.
     *
     * @param sizeInBytes of its log
     * @param lastStableOffset where readers of committed records stop (exclusive)
     * @param leader whether this node leads the partition
     */
    void partition(
        String topic,
        int partition,
        long sizeInBytes,
        long logStartOffset,
        long highWatermark,
        long lastStableOffset,
        long logEndOffset,
        boolean leader);
  }
}
