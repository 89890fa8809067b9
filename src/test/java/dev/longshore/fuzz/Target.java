package dev.longshore.fuzz;

import dev.longshore.expression.ExpressionFuzzing;
import dev.longshore.job.ChunkFuzzing;
import dev.longshore.operator.mapping.FieldFuzzing;
import dev.longshore.processor.exec.AnswerFuzzing;
import dev.longshore.processor.http.HttpFuzzing;
import dev.longshore.queue.rabbitmq.MessageFuzzing;
import dev.longshore.source.format.FormatFuzzing;
import dev.longshore.store.ResultFuzzing;
import java.nio.file.Path;
import java.util.Locale;

/** What reads bytes of strangers. Each takes any bytes, or refuses them by the exception that it names; all else is a fault. */
public enum Target {
  /** The body of a chunk's message. */
  CHUNK(ChunkFuzzing::run),
  /** The blob that keeps results. */
  RESULT(ResultFuzzing::run),
  /** Headers and body of a message. */
  MESSAGE(MessageFuzzing::run),
  /** Templates of URL, header and body, and the item that fills them. */
  TEMPLATE(HttpFuzzing::run),
  /** CSV, and the place to go on from. */
  CSV(data -> FormatFuzzing.run(dev.longshore.job.JobSpec.Format.CSV, data)),
  /** Lines of JSON. */
  NDJSON(data -> FormatFuzzing.run(dev.longshore.job.JobSpec.Format.NDJSON, data)),
  /** A JSON array. */
  JSON(data -> FormatFuzzing.run(dev.longshore.job.JobSpec.Format.JSON, data)),
  /** Lines of text. */
  LINES(data -> FormatFuzzing.run(dev.longshore.job.JobSpec.Format.LINES, data)),
  /** Durations, shares, amounts and index sets of manifests. */
  FIELDS(FieldFuzzing::run),
  /** CEL of users over an item. */
  EXPRESSION(ExpressionFuzzing::run),
  /** A line that a user's program prints. */
  ANSWER(AnswerFuzzing::run);

  private static final Path CORPUS = Path.of("src", "test", "resources", "fuzz");

  private final Reader reader;

  /** Reads bytes; throws only what is a fault. */
  public interface Reader {
    void read(byte[] data) throws Exception;
  }

  Target(Reader reader) {
    this.reader = reader;
  }

  /** Throws when these bytes show a fault. */
  public void read(byte[] data) throws Exception {
    reader.read(data);
  }

  /** Inputs that are read again by each build: examples, and what once showed a fault. */
  public Path corpus() {
    return CORPUS.resolve(word());
  }

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
