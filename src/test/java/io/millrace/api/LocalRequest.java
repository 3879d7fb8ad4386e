package io.millrace.api;

import org.apache.kafka.common.protocol.ApiKeys;

/**
 * A request that comes over no network: no frame is held for it, and it wants an answer.
 *
 * <p>Owner: the test's thread.
 */
public abstract class LocalRequest implements RequestContext {
  private final ApiKeys key;
  private final short version;

  protected LocalRequest(ApiKeys key, short version) {
    this.key = key;
    this.version = version;
  }

  @Override
  public final ApiKeys key() {
    return key;
  }

  @Override
  public final short version() {
    return version;
  }

  @Override
  public final void retainFrame() {
    // The bytes are the test's.
  }

  @Override
  public final void releaseFrame() {
    // The bytes are the test's.
  }

  @Override
  public final void replyNothing() {
    throw new UnsupportedOperationException();
  }
}
