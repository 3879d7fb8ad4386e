package io.millrace.partition;

/**
 * What a Fetch asks of one partition.
 *
 * @param fetchOffset first offset wanted
 * @param currentLeaderEpoch the leader epoch the reader knows; -1 = it does not say (KIP-320)
 * @param lastFetchedEpoch leader epoch of the last record the reader has; -1 = it does not say
 *     (KIP-595)
 * @param maxBytes limit of the answer in bytes
 * @param readCommitted whether to stop at the last stable offset
 * @param minOneBatch whether the first batch is answered whole even above {@code maxBytes}
 * @param follower null = a consumer reads
 * @param wantBytes the reader stays armed, and hears of news, while fewer bytes than this are
 *     there; 0 = never
 * @param rack where a consumer is; empty = it does not say; null = it reads from leaders only,
 *     since it does not know of others (KIP-392)
 * @param logStartOffset of the follower that asks; -1 = it does not say
 *     <p>Owner: immutable.
 */
public record FetchAsk(
    long fetchOffset,
    int currentLeaderEpoch,
    int lastFetchedEpoch,
    int maxBytes,
    boolean readCommitted,
    boolean minOneBatch,
    Follower follower,
    int wantBytes,
    String rack,
    long logStartOffset) {

  /** Of a reader that does not say where it is, nor where its own log begins. */
  public FetchAsk(
      long fetchOffset,
      int currentLeaderEpoch,
      int lastFetchedEpoch,
      int maxBytes,
      boolean readCommitted,
      boolean minOneBatch,
      Follower follower,
      int wantBytes) {
    this(
        fetchOffset,
        currentLeaderEpoch,
        lastFetchedEpoch,
        maxBytes,
        readCommitted,
        minOneBatch,
        follower,
        wantBytes,
        "",
        -1);
  }
}
