package dev.longshore.operator.autoscaler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.time.Instant;

/**
 * One decision with all that it was made of, as the flight recorder keeps it: a line of JSON, times in ISO 8601. A trace is a file of such
 * lines, oldest first.
 *
 * @param at when it was made
 */
public record Recorded(Instant at, ScaleInput input, Decision decision) {
  private static final JsonMapper JSON = JsonMapper.builder().addModule(new JavaTimeModule())
      .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS).disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
      .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  public String line() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a decision that is no JSON: " + this, e);
    }
  }

  /**
   * Reads a line.
   *
   * @throws IOException when it is none; the message says why
   */
  public static Recorded of(String line) throws IOException {
    try {
      Recorded recorded = JSON.readValue(line, Recorded.class);
      if (recorded == null || recorded.at() == null || recorded.input() == null || recorded.decision() == null) {
        throw new IOException("no decision: at, input and decision are needed");
      }
      return recorded;
    } catch (JsonProcessingException e) {
      throw new IOException(e.getOriginalMessage(), e);
    }
  }

  /** Whether the same was decided of the same: only the time differs, and what follows from it alone. */
  boolean repeats(Recorded before) {
    return before != null && decision.equals(before.decision()) && timeless(input).equals(timeless(before.input()));
  }

  private static ScaleInput timeless(ScaleInput in) {
    return new ScaleInput(in.bounds(), in.pinned(), in.policy(), in.previous(), in.ready(), in.starting(), in.draining(),
        in.loads().stream().map(load -> new JobLoad(load.job(), load.items(), load.stale(), load.serviceTime(), load.concurrency(), null,
            load.arrivals())).toList(),
        java.util.List.of(), in.ceilings());
  }
}
