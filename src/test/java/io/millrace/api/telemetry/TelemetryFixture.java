package io.millrace.api.telemetry;

import io.millrace.api.ConnectionState;
import io.millrace.api.InlineLoop;
import io.millrace.api.MovingImage;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.metadata.ConfigResource;
import io.millrace.metrics.Metrics;
import io.millrace.model.ManualClock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsRequestData;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsResponseData;
import org.apache.kafka.common.message.PushTelemetryRequestData;
import org.apache.kafka.common.message.PushTelemetryResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/** A node with one subscription, and a client of it; workers work when the test says so. */
abstract class TelemetryFixture {
  static final int MAX_BYTES = 100_000;

  final ManualClock clock = new ManualClock();
  final ArrayDeque<Runnable> work = new ArrayDeque<>();
  final ArrayDeque<Runnable> later = new ArrayDeque<>();
  final ConnectionState connection = new ConnectionState();
  final TestImage image =
      TestImage.ofOne()
          .config(ConfigResource.clientMetrics("s"), "metrics", "*")
          .config(ConfigResource.clientMetrics("s"), "interval.ms", "1000");
  final ClientTelemetry telemetry =
      new ClientTelemetry(
          new ClientTelemetry.Parts(
              new InlineLoop() {
                @Override
                public void schedule(long delayMs, Runnable task) {
                  later.add(task);
                }
              },
              work::add,
              clock,
              MAX_BYTES,
              Metrics.NONE));

  TelemetryFixture() {
    telemetry.start(new MovingImage(image));
  }

  /** Everything that waits for time to pass, but for what that puts off again. */
  void passTime() {
    for (int tasks = later.size(); tasks > 0; tasks--) {
      later.poll().run();
    }
  }

  GetTelemetrySubscriptionsResponseData get(Uuid id) {
    return new TestRequest(image, ApiKeys.GET_TELEMETRY_SUBSCRIPTIONS, 0)
        .over(connection)
        .send(
            new GetTelemetrySubscriptionsHandler(telemetry, MAX_BYTES),
            new GetTelemetrySubscriptionsRequestData().setClientInstanceId(id));
  }

  TestRequest push(PushTelemetryRequestData request) {
    return new TestRequest(image, ApiKeys.PUSH_TELEMETRY, 0)
        .over(connection)
        .begin(new PushTelemetryHandler(telemetry), request);
  }

  Errors pushed(PushTelemetryRequestData request) {
    TestRequest sent = push(request);
    while (!work.isEmpty()) {
      work.poll().run();
    }
    return Errors.forCode(sent.<PushTelemetryResponseData>await().errorCode());
  }

  static PushTelemetryRequestData request(
      GetTelemetrySubscriptionsResponseData of, CompressionType type, byte[] metrics) {
    return new PushTelemetryRequestData()
        .setClientInstanceId(of.clientInstanceId())
        .setSubscriptionId(of.subscriptionId())
        .setCompressionType(type.id)
        .setMetrics(ByteBuffer.wrap(compressed(type, metrics)));
  }

  static byte[] compressed(CompressionType type, byte[] bytes) {
    ByteBufferOutputStream out = new ByteBufferOutputStream(512);
    try (OutputStream to = Compression.of(type).build().wrapForOutput(out, (byte) 2)) {
      to.write(bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    ByteBuffer written = out.buffer();
    written.flip();
    ByteArrayOutputStream copy = new ByteArrayOutputStream();
    while (written.hasRemaining()) {
      copy.write(written.get());
    }
    return copy.toByteArray();
  }
}
