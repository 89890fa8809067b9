package dev.longshore.runtime;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.worker.trace.Traces;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Traces by OpenTelemetry's SDK, sent over OTLP with protobuf on HTTP. Made only where an endpoint is set: nothing of the SDK is loaded before.
 * A collector that is away costs spans and never work.
 */
final class OtlpTraces implements Traces, AutoCloseable {
  private static final Pattern PARENT = Pattern.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})");
  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final long LAST_SECONDS = 2;

  private final SdkTracerProvider provider;
  private final Tracer tracer;
  private final double ratio;
  private final String worker;

  /**
   * @param endpoint the URL that takes traces, {@code http://collector:4318/v1/traces}
   * @param ratio share of chunks that are traced, 0 to 1
   */
  OtlpTraces(String endpoint, double ratio, String worker) {
    this.ratio = ratio;
    this.worker = worker;
    provider = SdkTracerProvider.builder()
        .setResource(Resource.create(Attributes.builder().put("service.name", "longshore-worker").put("service.instance.id", worker).build()))
        .addSpanProcessor(BatchSpanProcessor.builder(OtlpHttpSpanExporter.builder().setEndpoint(endpoint).build()).setScheduleDelay(EVERY).build())
        .build();
    tracer = provider.get("longshore");
  }

  @Override
  public Span begin(Step step, JobRef job, String parent, IndexSet chunk) {
    Context above = Context.root();
    if (parent != null) {
      Matcher matcher = PARENT.matcher(parent);
      if (!matcher.matches()) {
        return Span.NONE;
      }
      above = above.with(io.opentelemetry.api.trace.Span.wrap(SpanContext.createFromRemoteParent(matcher.group(1), matcher.group(2),
          TraceFlags.fromHex(matcher.group(3), 0), TraceState.getDefault())));
    } else if (step != Step.FEED) {
      return Span.NONE;
    }
    // a chunk is traced on its whole way or not at all: without a context in its message nothing more is told of it
    if (step == Step.PUBLISH && ThreadLocalRandom.current().nextDouble() >= ratio) {
      return Span.NONE;
    }
    SpanBuilder builder = tracer.spanBuilder(step.name().toLowerCase(Locale.ROOT)).setParent(above).setSpanKind(kind(step))
        .setAttribute("longshore.namespace", job.namespace()).setAttribute("longshore.job", job.name()).setAttribute("longshore.worker", worker);
    if (chunk != null) {
      builder.setAttribute("longshore.chunk", chunk.toString()).setAttribute("longshore.items", chunk.size());
    }
    return new Told(builder.startSpan());
  }

  private static SpanKind kind(Step step) {
    return switch (step) {
      case PUBLISH -> SpanKind.PRODUCER;
      case TAKE -> SpanKind.CONSUMER;
      case CALL -> SpanKind.CLIENT;
      case FEED, SETTLE -> SpanKind.INTERNAL;
    };
  }

  /** Sends what is left, for 2 s at most. */
  @Override
  public void close() {
    provider.shutdown().join(LAST_SECONDS, TimeUnit.SECONDS);
  }

  /** A span of the SDK's. */
  private record Told(io.opentelemetry.api.trace.Span span) implements Span {
    @Override
    public String context() {
      SpanContext context = span.getSpanContext();
      return "00-" + context.getTraceId() + "-" + context.getSpanId() + "-" + context.getTraceFlags().asHex();
    }

    @Override
    public void failed(Throwable why) {
      span.setStatus(StatusCode.ERROR, why.getClass().getSimpleName());
    }

    @Override
    public void close() {
      span.end();
    }
  }
}
