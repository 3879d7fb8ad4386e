package io.millrace.api.peer;

import io.millrace.api.ConnectionState;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImagePublisher;
import io.millrace.model.Loop;
import java.net.InetSocketAddress;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * A handler whose responses say how far the controller's image was, so that the node that asked can
 * wait until its own has got there.
 *
 * <p>Owner: any thread.
 */
final class StampedHandler implements RequestHandler {
  /** From this version of the request's header on a message has tagged fields. */
  private static final short FLEXIBLE = 2;

  private final RequestHandler handler;
  private final ImagePublisher images;

  StampedHandler(RequestHandler handler, ImagePublisher images) {
    this.handler = handler;
    this.images = images;
  }

  @Override
  public ApiKeys key() {
    return handler.key();
  }

  @Override
  public short minVersion() {
    return handler.minVersion();
  }

  @Override
  public short maxVersion() {
    return handler.maxVersion();
  }

  @Override
  public void handle(RequestContext context, ApiMessage request) {
    boolean flexible = key().requestHeaderVersion(context.version()) >= FLEXIBLE;
    handler.handle(flexible ? new Stamping(context, images) : context, request);
  }

  private record Stamping(RequestContext of, ImagePublisher images) implements RequestContext {
    @Override
    public void reply(ApiMessage response) {
      PeerTags.putLong(response, PeerTags.METADATA_OFFSET, images.image().offset());
      of.reply(response);
    }

    @Override
    public ApiKeys key() {
      return of.key();
    }

    @Override
    public short version() {
      return of.version();
    }

    @Override
    public String clientId() {
      return of.clientId();
    }

    @Override
    public ClusterImage image() {
      return of.image();
    }

    @Override
    public String listener() {
      return of.listener();
    }

    @Override
    public InetSocketAddress remoteAddress() {
      return of.remoteAddress();
    }

    @Override
    public InetSocketAddress localAddress() {
      return of.localAddress();
    }

    @Override
    public int peer() {
      return of.peer();
    }

    @Override
    public ConnectionState connection() {
      return of.connection();
    }

    @Override
    public Loop loop() {
      return of.loop();
    }

    @Override
    public void retainFrame() {
      of.retainFrame();
    }

    @Override
    public void releaseFrame() {
      of.releaseFrame();
    }

    @Override
    public void replyNothing() {
      of.replyNothing();
    }

    @Override
    public void close(String why) {
      of.close(why);
    }
  }
}
