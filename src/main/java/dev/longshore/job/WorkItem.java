package dev.longshore.job;

import java.nio.charset.StandardCharsets;

/**
 * One item as a processor gets it.
 *
 * @param index its place in the job, from 0
 * @param attempt 1 for the first try
 * @param json its value: one JSON value in UTF-8, without line breaks
 */
public record WorkItem(long index, int attempt, byte[] json) {
  public String text() {
    return new String(json, StandardCharsets.UTF_8);
  }
}
