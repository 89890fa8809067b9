package dev.longshore.worker.consume;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.longshore.job.Failure;
import dev.longshore.queue.Message;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;

/** Writes dead letters. */
public final class DeadLetters {
  private static final JsonFactory JSON = new JsonFactory();

  private final String worker;
  private final InstantSource clock;

  public DeadLetters(String worker, InstantSource clock) {
    this.worker = worker;
    this.clock = clock;
  }

  /** A letter about one item; {@code item} is its JSON, or null when it is not known. */
  public Message.DeadLetter of(int run, long index, int attempts, Failure failure, byte[] item) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeNumberField("index", index);
      json.writeNumberField("attempts", attempts);
      json.writeStringField("code", failure.code());
      json.writeStringField("message", failure.message());
      json.writeStringField("worker", worker);
      json.writeStringField("time", clock.instant().toString());
      json.writeFieldName("item");
      json.writeRawValue(item == null ? "null" : new String(item, StandardCharsets.UTF_8));
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing a dead letter to memory failed", e);
    }
    return new Message.DeadLetter(run, index, bytes.toByteArray());
  }
}
