package dev.longshore.worker.consume;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.longshore.job.Failure;
import dev.longshore.queue.Message;
import dev.longshore.store.Ledger.PastAttempt;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** Writes dead letters. */
public final class DeadLetters {
  private static final JsonFactory JSON = new JsonFactory();

  private final String worker;
  private final InstantSource clock;

  public DeadLetters(String worker, InstantSource clock) {
    this.worker = worker;
    this.clock = clock;
  }

  /** A letter about one item of which no earlier attempt is known; {@code item} is its JSON, or null when that is not known either. */
  public Message.DeadLetter of(int run, long index, int attempts, Failure failure, byte[] item) {
    return of(run, index, attempts, failure, item, List.of(), null);
  }

  /**
   * As {@link #of(int, long, int, Failure, byte[])}, with more that is known.
   *
   * @param before what is remembered of the attempts before
   * @param processors how the last attempt had failed with the processor, when {@code failure} is the fallback's; else null
   */
  Message.DeadLetter of(int run, long index, int attempts, Failure failure, byte[] item, List<PastAttempt> before, Failure processors) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    Instant now = clock.instant();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeNumberField("index", index);
      json.writeNumberField("attempts", attempts);
      json.writeArrayFieldStart("errors");
      for (PastAttempt past : before) {
        error(json, past, false);
      }
      if (processors != null) {
        error(json, new PastAttempt(attempts, processors, worker, now), false);
      }
      error(json, new PastAttempt(attempts, failure, worker, now), processors != null);
      json.writeEndArray();
      json.writeStringField("code", failure.code());
      json.writeStringField("message", failure.message());
      json.writeStringField("worker", worker);
      json.writeStringField("time", now.toString());
      json.writeFieldName("item");
      json.writeRawValue(item == null ? "null" : new String(item, StandardCharsets.UTF_8));
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing a dead letter to memory failed", e);
    }
    return new Message.DeadLetter(run, index, bytes.toByteArray());
  }

  private static void error(JsonGenerator json, PastAttempt attempt, boolean ofFallback) throws IOException {
    json.writeStartObject();
    json.writeNumberField("attempt", attempt.attempt());
    if (ofFallback) {
      json.writeBooleanField("fallback", true);
    }
    json.writeStringField("code", attempt.failure().code());
    json.writeStringField("message", attempt.failure().message());
    json.writeStringField("worker", attempt.worker());
    json.writeStringField("time", attempt.at().toString());
    json.writeEndObject();
  }
}
