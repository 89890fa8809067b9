package dev.longshore.worker.intake;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.source.SourcePosition;

/**
 * How far intake has come, as kept in the ledger.
 *
 * @param index as in {@link SourcePosition}, with {@code pin} and {@code at}
 * @param canary how many of the first items go alone, as the first reader found it; null: none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record IntakePlace(long index, String pin, String at, Long canary) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static IntakePlace of(SourcePosition source, Long canary) {
    return new IntakePlace(source.index(), source.pin(), source.at(), canary);
  }

  SourcePosition source() {
    return new SourcePosition(index, pin, at);
  }

  String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a source's position is no JSON: " + e.getMessage(), e);
    }
  }

  static IntakePlace parse(String json) {
    try {
      return JSON.readValue(json, IntakePlace.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the ledger's position of the source is broken: " + e.getMessage(), e);
    }
  }
}
