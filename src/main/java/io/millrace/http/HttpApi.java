package io.millrace.http;

import io.millrace.coordinator.transaction.TransactionState;
import io.millrace.metrics.PrometheusMetrics;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The paths. Nothing here changes anything. Health is answered on the loop; what may take longer is
 * written on a worker, a few answers at a time.
 *
 * <p>Owner: the HTTP server's event loop.
 */
final class HttpApi implements Handler<HttpServerRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(HttpApi.class);
  private static final String JSON = "application/json";
  private static final String TEXT = PrometheusMetrics.CONTENT_TYPE;
  private static final int DEFAULT_LIMIT = 1_000;
  private static final int MAX_LIMIT = 10_000;
  private static final int DEFAULT_GROUPS = 100;
  private static final int MAX_GROUPS = 1_000;
  private static final int DEFAULT_TRANSACTIONS = 100;
  private static final int MAX_TRANSACTIONS = 1_000;
  private static final int DEFAULT_CLIENTS = 100;
  private static final int MAX_CLIENTS = 1_000;

  /** Large answers that are being written or sent; bounds what slow readers make us hold. */
  static final int MAX_LARGE_ANSWERS = 8;

  private final Vertx vertx;
  private final Views views;
  private final Readiness readiness;
  private final Supplier<String> metrics;
  private final WorkerExecutor worker;
  private final IntSupplier httpPort;
  private final Router router;

  /** The scrape under way, shared by all who ask meanwhile; null = none. */
  private Future<Buffer> scrape;

  private int largeAnswers;

  HttpApi(
      Vertx vertx,
      Views views,
      Readiness readiness,
      Supplier<String> metrics,
      WorkerExecutor worker,
      IntSupplier httpPort) {
    this.vertx = vertx;
    this.views = views;
    this.readiness = readiness;
    this.metrics = metrics;
    this.worker = worker;
    this.httpPort = httpPort;
    this.router = routes();
  }

  private Router routes() {
    Router routes = Router.router(vertx);
    routes.route().handler(HttpApi::refuseBody);
    get(routes, "/health/live", this::live);
    get(routes, "/health/ready", this::ready);
    get(routes, "/metrics", this::metrics);
    get(routes, "/api/v1/cluster", context -> json(context, views::cluster));
    get(routes, "/api/v1/scrub", context -> json(context, views::scrub));
    get(routes, "/api/v1/disks", context -> json(context, views::disks));
    get(routes, "/api/v1/topics", this::topics);
    get(routes, "/api/v1/topics/:name", this::topic);
    get(routes, "/api/v1/groups", this::groups);
    get(routes, "/api/v1/groups/:id", this::group);
    get(routes, "/api/v1/transactions", this::transactions);
    get(routes, "/api/v1/compaction", this::compaction);
    get(routes, "/api/v1/clients", this::clients);
    get(routes, "/api/v1/clients/:id", this::client);
    get(routes, "/api/v1/quotas", this::quotas);
    routes.errorHandler(
        404, context -> refuse(context, 404, "There is nothing at " + context.normalizedPath()));
    routes.errorHandler(
        405,
        context -> {
          context.response().putHeader(HttpHeaders.ALLOW, "GET, HEAD");
          refuse(context, 405, "Only GET and HEAD are allowed here");
        });
    routes.errorHandler(400, context -> refuse(context, 400, "The request cannot be understood"));
    routes.errorHandler(500, HttpApi::failed);
    return routes;
  }

  private static void get(Router routes, String path, Handler<RoutingContext> handler) {
    routes.route(HttpMethod.GET, path).method(HttpMethod.HEAD).handler(handler);
  }

  @Override
  public void handle(HttpServerRequest request) {
    router.handle(request);
  }

  /** No path takes a body: one is not read but ends the connection. */
  private static void refuseBody(RoutingContext context) {
    HttpServerRequest request = context.request();
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    boolean body =
        (length != null && !length.equals("0"))
            || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    if (!body) {
      context.next();
      return;
    }
    request.response().putHeader(HttpHeaders.CONNECTION, "close");
    request.response().endHandler(end -> request.connection().close());
    refuse(context, 413, "No request here takes a body");
  }

  private void live(RoutingContext context) {
    send(context, 200, new JsonObject().put("status", "alive"));
  }

  private void ready(RoutingContext context) {
    Readiness.Report report = readiness.report();
    send(context, report.ready() ? 200 : 503, views.readiness(report, httpPort.getAsInt()));
  }

  private void metrics(RoutingContext context) {
    if (!takePlace(context)) {
      return;
    }
    Future<Buffer> text = scrape;
    if (text == null) {
      text = worker.executeBlocking(() -> Buffer.buffer(metrics.get()), true);
      scrape = text;
      text.onComplete(done -> scrape = null);
    }
    text.onSuccess(body -> answer(context, 200, TEXT, body)).onFailure(context::fail);
  }

  private void topics(RoutingContext context) {
    int limit = limit(context, DEFAULT_LIMIT, MAX_LIMIT);
    if (limit > 0) {
      String after = context.request().getParam("after");
      json(context, () -> views.topics(after, limit));
    }
  }

  /** The parameter {@code limit}; -1 = it is wrong, and the request is refused. */
  private static int limit(RoutingContext context, int unset, int max) {
    String text = context.request().getParam("limit");
    int limit = unset;
    if (text != null) {
      try {
        limit = Integer.parseInt(text);
      } catch (NumberFormatException e) {
        limit = -1;
      }
    }
    if (limit < 1 || limit > max) {
      refuse(context, 400, "limit must be from 1 to " + max);
      return -1;
    }
    return limit;
  }

  private void topic(RoutingContext context) {
    String name = context.pathParam("name");
    json(context, () -> views.topic(name));
  }

  private void groups(RoutingContext context) {
    int limit = limit(context, DEFAULT_GROUPS, MAX_GROUPS);
    if (limit > 0 && isReadyFor(context)) {
      String after = context.request().getParam("after");
      whenAsked(context, views.groups().list(after, limit), GroupJson::page);
    }
  }

  private void group(RoutingContext context) {
    if (isReadyFor(context)) {
      whenAsked(context, views.groups().describe(context.pathParam("id")), GroupJson::group);
    }
  }

  private void transactions(RoutingContext context) {
    int limit = limit(context, DEFAULT_TRANSACTIONS, MAX_TRANSACTIONS);
    if (limit < 0) {
      return;
    }
    String name = context.request().getParam("state");
    TransactionState state = name == null ? null : TransactionState.named(name);
    if (name != null && state == null) {
      refuse(
          context,
          400,
          "state is '"
              + name
              + "', allowed: "
              + Arrays.stream(TransactionState.values())
                  .map(TransactionState::shown)
                  .collect(Collectors.joining(", ")));
    } else if (isReadyFor(context)) {
      String after = context.request().getParam("after");
      whenAsked(
          context,
          views.transactions().list(after, state, limit),
          page -> TransactionJson.page(page, views.transactions().hanging()));
    }
  }

  private void compaction(RoutingContext context) {
    int limit = limit(context, DEFAULT_LIMIT, MAX_LIMIT);
    if (limit > 0) {
      json(context, () -> CompactionJson.compaction(views.compaction(), limit));
    }
  }

  private void quotas(RoutingContext context) {
    int limit = limit(context, DEFAULT_LIMIT, MAX_LIMIT);
    if (limit > 0) {
      json(context, () -> views.quotas(limit));
    }
  }

  private void clients(RoutingContext context) {
    int limit = limit(context, DEFAULT_CLIENTS, MAX_CLIENTS);
    if (limit > 0) {
      String after = context.request().getParam("after");
      String clientId = context.request().getParam("clientId");
      json(context, () -> ClientJson.page(views.clients(), after, clientId, limit));
    }
  }

  private void client(RoutingContext context) {
    String id = context.pathParam("id");
    if (isReadyFor(context)) {
      write(
          context,
          () -> ClientJson.client(views.clients(), id),
          "This node knows no such client instance");
    }
  }

  /** Writes what the coordinators have answered; null = 404. */
  private <T> void whenAsked(
      RoutingContext context, Future<T> answer, Function<T, JsonObject> view) {
    Context here = vertx.getOrCreateContext();
    answer.onComplete(
        done ->
            here.runOnContext(
                any -> {
                  if (done.failed()) {
                    notCoordinating(context, done.cause());
                  } else if (done.result() == null) {
                    refuse(context, 404, "There is no such group");
                  } else {
                    write(context, () -> view.apply(done.result()), "");
                  }
                }));
  }

  private static void notCoordinating(RoutingContext context, Throwable cause) {
    Errors error = Errors.forException(cause);
    switch (error) {
      case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE -> {
        context.response().putHeader(HttpHeaders.RETRY_AFTER, "1");
        refuse(context, 503, "The group is being loaded; try again");
      }
      case NOT_COORDINATOR ->
          refuse(context, 503, "Another node coordinates the group; ask that one");
      default -> context.fail(cause);
    }
  }

  private void json(RoutingContext context, Callable<JsonObject> view) {
    if (isReadyFor(context)) {
      write(context, view, "There is no such topic");
    }
  }

  /** Whether there is something to tell, and a place to tell it; else the request is refused. */
  private boolean isReadyFor(RoutingContext context) {
    if (!views.knowsTheCluster()) {
      refuse(context, 503, "The node is starting and has not read the cluster's metadata yet");
      return false;
    }
    return takePlace(context);
  }

  /** Writes the object on the worker; null = 404 with this message. */
  private void write(RoutingContext context, Callable<JsonObject> view, String missing) {
    worker
        .executeBlocking(
            () -> {
              JsonObject object = view.call();
              return object == null ? null : object.toBuffer();
            },
            true)
        .onSuccess(
            text -> {
              if (text == null) {
                refuse(context, 404, missing);
              } else {
                answer(context, 200, JSON, text);
              }
            })
        .onFailure(context::fail);
  }

  private boolean takePlace(RoutingContext context) {
    if (largeAnswers == MAX_LARGE_ANSWERS) {
      context.response().putHeader(HttpHeaders.RETRY_AFTER, "1");
      refuse(context, 503, "Too many answers are being sent; try again");
      return false;
    }
    largeAnswers++;
    context.addEndHandler(end -> largeAnswers--);
    return true;
  }

  private static void failed(RoutingContext context) {
    LOG.error("Cannot answer {}", context.normalizedPath(), context.failure());
    refuse(context, 500, "The node failed to answer; its log says why");
  }

  private static void refuse(RoutingContext context, int status, String message) {
    send(context, status, new JsonObject().put("status", status).put("message", message));
  }

  private static void send(RoutingContext context, int status, JsonObject object) {
    answer(context, status, JSON, object.toBuffer());
  }

  private static void answer(RoutingContext context, int status, String type, Buffer body) {
    HttpServerResponse response = context.response();
    if (response.ended() || response.closed()) {
      return;
    }
    response
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, type)
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
    if (context.request().method().equals(HttpMethod.HEAD)) {
      response.end();
    } else {
      response.end(body);
    }
  }
}
