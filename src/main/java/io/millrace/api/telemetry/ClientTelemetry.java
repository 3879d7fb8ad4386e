package io.millrace.api.telemetry;

import io.millrace.api.ConnectionState;
import io.millrace.api.RequestContext;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.record.Codec;
import io.millrace.record.CompressedBytes;
import io.millrace.telemetry.ClientInstances;
import io.millrace.telemetry.ClientInstances.Asked;
import io.millrace.telemetry.ClientTraits;
import io.millrace.telemetry.ClientView;
import io.millrace.telemetry.OtlpReader;
import io.millrace.telemetry.Push;
import io.millrace.telemetry.PushHead;
import io.millrace.telemetry.Subscriptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client instances of this node and their metrics (KIP-714): brings requests, changed
 * subscriptions and time to the one loop that they live on, and what is pushed to a worker, one
 * push at a time, since a few bytes can be very many when they are decompressed.
 *
 * <p>Owner: its loop; any thread may call.
 */
public final class ClientTelemetry {
  private static final Logger LOG = LoggerFactory.getLogger(ClientTelemetry.class);

  /** Pushes that may wait to be decoded. */
  static final int MAX_WAITING = 1_024;

  /** Decompressed bytes of one push that are read. */
  private static final int MAX_DECOMPRESSED = 16 << 20;

  private static final int EXPIRE_EVERY_MS = 5_000;

  /** What people see may be so much older than what is. */
  private static final int PUBLISH_AFTER_MS = 200;

  /**
   * What it needs.
   *
   * @param loop to live on
   * @param worker decodes
   * @param maxBytes {@code telemetry.max.bytes}
   *     <p>Owner: immutable.
   */
  public record Parts(Loop loop, Executor worker, Clock clock, int maxBytes, Metrics metrics) {}

  private record Waiting(Uuid instanceId, Codec codec, ByteBuffer metrics, Consumer<Errors> done) {}

  private final Loop loop;
  private final Executor worker;
  private final Clock clock;
  private final int maxBytes;
  private final ClientInstances instances;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private final Metrics.Counter pushes;
  private final Metrics.Counter refused;
  private final Metrics.Counter dropped;
  private boolean decoding;
  private boolean publishing;
  private boolean closed;
  private volatile List<ClientView> views = List.of();

  /** Nobody is known yet; nothing happens by itself before {@link #start}. */
  public ClientTelemetry(Parts parts) {
    this.loop = parts.loop();
    this.worker = parts.worker();
    this.clock = parts.clock();
    this.maxBytes = parts.maxBytes();
    this.instances = new ClientInstances(maxBytes);
    Metrics metrics = parts.metrics();
    pushes = metrics.counter("telemetry_pushes", "Pushes of clients that were taken");
    refused = metrics.counter("telemetry_refusals", "Pushes of clients that were refused");
    metrics.gauge("telemetry_clients", "Client instances known here", () -> views.size());
    dropped =
        metrics.counter(
            "telemetry_points_dropped",
            "Points that clients have pushed and that are too many, too long or of a kind that is"
                + " not kept");
  }

  /** Follows the subscriptions and forgets silent clients, until {@link #close}. */
  public void start(ImagePublisher images) {
    images.subscribe(this::onDelta);
    subscribe(images.image());
    loop.schedule(EXPIRE_EVERY_MS, this::expire);
  }

  /** Nothing happens by itself any more. */
  public void close() {
    loop.run(() -> closed = true);
  }

  private void onDelta(ImageDelta delta) {
    for (ConfigResource changed : delta.changedConfigs()) {
      if (changed.type() == ConfigResource.Type.CLIENT_METRICS) {
        subscribe(delta.after());
        return;
      }
    }
  }

  private void subscribe(ClusterImage image) {
    Subscriptions now = Subscriptions.of(image);
    loop.execute(() -> instances.subscriptions(now));
  }

  private void expire() {
    if (!closed) {
      instances.expire(nowMs());
      publishSoon();
      loop.schedule(EXPIRE_EVERY_MS, this::expire);
    }
  }

  private long nowMs() {
    return clock.nanos() / 1_000_000;
  }

  /** The instances of a moment ago. */
  public List<ClientView> views() {
    return views;
  }

  private void publishSoon() {
    if (!publishing) {
      publishing = true;
      loop.schedule(
          PUBLISH_AFTER_MS,
          () -> {
            publishing = false;
            views = List.copyOf(instances.views());
          });
    }
  }

  // ---- requests

  /**
   * An instance asks what it is to push.
   *
   * @param given the id that it has; {@link Uuid#ZERO_UUID} = none yet
   */
  void get(RequestContext context, Uuid given, Consumer<Asked> answer) {
    Uuid id = given.equals(Uuid.ZERO_UUID) ? Uuid.randomUuid() : given;
    ClientTraits client = traits(context, id);
    ConnectionState connection = connection(context);
    loop.run(
        () -> {
          Asked asked = instances.get(client, connection, nowMs(), clock.wallMs());
          publishSoon();
          answer.accept(asked);
        });
  }

  /**
   * An instance pushes.
   *
   * @param codec null = unknown
   * @param metrics of the request's frame, which is kept until they are decoded
   */
  void push(
      RequestContext context,
      Uuid id,
      PushHead head,
      Codec codec,
      ByteBuffer metrics,
      Consumer<Errors> answer) {
    ClientTraits client = traits(context, id);
    ConnectionState connection = connection(context);
    context.retainFrame();
    Consumer<Errors> done =
        error -> {
          context.releaseFrame();
          (error == Errors.NONE ? pushes : refused).increment();
          answer.accept(error);
        };
    loop.run(
        () -> {
          Errors error = instances.checkPush(head, client, connection, nowMs(), clock.wallMs());
          publishSoon();
          if (error != Errors.NONE || head.bytes() == 0) {
            done.accept(error);
          } else if (waiting.size() == MAX_WAITING) {
            done.accept(Errors.THROTTLING_QUOTA_EXCEEDED);
          } else {
            waiting.add(new Waiting(id, codec, metrics, done));
            decodeNext();
          }
        });
  }

  private static ClientTraits traits(RequestContext context, Uuid id) {
    ConnectionState connection = context.connection();
    return new ClientTraits(
        id,
        context.clientId(),
        connection.softwareName(),
        connection.softwareVersion(),
        context.remoteAddress().getAddress().getHostAddress(),
        context.remoteAddress().getPort());
  }

  private ConnectionState connection(RequestContext context) {
    ConnectionState connection = context.connection();
    connection.onClose(
        this,
        () ->
            loop.execute(
                () -> {
                  instances.disconnected(connection);
                  publishSoon();
                }));
    return connection;
  }

  // ---- decoding

  private void decodeNext() {
    if (decoding || waiting.isEmpty()) {
      return;
    }
    decoding = true;
    Waiting next = waiting.poll();
    worker.execute(
        () -> {
          Push push = null;
          Errors error = Errors.NONE;
          try {
            push = decode(next);
          } catch (CompressedBytes.TooManyBytesException e) {
            error = Errors.TELEMETRY_TOO_LARGE;
          } catch (IOException | RuntimeException e) {
            LOG.debug("Metrics of client instance {} cannot be read", next.instanceId(), e);
            error = Errors.INVALID_RECORD;
          }
          Push read = push;
          Errors outcome = error;
          loop.execute(() -> onDecoded(next, read, outcome));
        });
  }

  private Push decode(Waiting next) throws IOException {
    try (InputStream bytes =
        CompressedBytes.open(next.codec(), next.metrics(), Math.max(maxBytes, MAX_DECOMPRESSED))) {
      return OtlpReader.read(bytes);
    }
  }

  private void onDecoded(Waiting of, Push push, Errors error) {
    decoding = false;
    if (error == Errors.NONE) {
      dropped.add(instances.take(of.instanceId(), push, clock.wallMs()));
    } else {
      instances.refuse(of.instanceId(), error);
    }
    publishSoon();
    decodeNext();
    of.done().accept(error);
  }
}
