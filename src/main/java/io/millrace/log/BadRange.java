package io.millrace.log;

/**
 * A part of a segment's file that cannot be what was written there: one batch nearly always, more
 * where a whole piece of the disk was lost.
 *
 * @param position of its first byte in the file
 * @param length in bytes, up to the next good batch or the end of the file
 * @param fromOffset where the good batches before it end
 * @param toOffset where the next good batch begins, or the next segment (exclusive)
 * @param problem what is wrong with the first batch of it
 *     <p>Owner: immutable.
 */
record BadRange(long position, int length, long fromOffset, long toOffset, String problem) {}
