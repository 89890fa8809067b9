package dev.longshore.processor.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.job.Failure;
import dev.longshore.job.Limits;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.processor.CallTrace;
import dev.longshore.processor.ItemProcessor;
import dev.longshore.processor.http.HttpTransport.Answer;
import dev.longshore.processor.http.HttpTransport.HeaderLine;
import dev.longshore.processor.http.HttpTransport.Refused;
import dev.longshore.processor.http.HttpTransport.Reply;
import dev.longshore.processor.http.HttpTransport.Request;
import dev.longshore.processor.http.HttpTransport.Unreachable;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Calls a URL for each item, or for each batch. */
public final class HttpItemProcessor implements ItemProcessor {
  private static final int DEFAULT_BATCH = 50;
  /** White space may make an answer larger than the result that is kept of it. */
  private static final int MOST_PER_ITEM = 4 * Limits.RESULT_BYTES;
  /** Several calls run at once, and what is read of an answer takes a few times its bytes. */
  private static final int MOST = 16 << 20;
  private static final String ALLOWED_IN_SEPARATOR = "-._~,;:|!$'()*@/&=+";

  private final HttpCall call;
  private final HttpTransport transport;

  public HttpItemProcessor(HttpCall call) {
    this.call = call;
    this.transport = new HttpTransport(call.egress());
  }

  @Override
  public String name() {
    return "http";
  }

  @Override
  public int defaultBatchSize() {
    return call.batch() == null ? 1 : DEFAULT_BATCH;
  }

  /** What keeps a request from being sent for an item. */
  private static final class Unsendable extends Exception {
    private final Failure failure;

    Unsendable(String code, String message) {
      super(message, null, false, false);
      this.failure = new Failure(code, message);
    }
  }

  @Override
  public List<Outcome> process(List<WorkItem> batch) throws InterruptedException {
    if (call.batch() != null) {
      return together(batch);
    }
    List<Outcome> outcomes = new ArrayList<>(batch.size());
    try {
      for (WorkItem item : batch) {
        outcomes.add(one(item));
      }
    } catch (InterruptedException e) {
      // what was answered before the timeout is kept
      Thread.currentThread().interrupt();
      Failure failure = new Failure("Timeout", "no answer within guard.timeout");
      outcomes.add(Outcome.retry(failure));
      while (outcomes.size() < batch.size()) {
        outcomes.add(new Outcome.Retry(failure, null, false));
      }
    }
    return outcomes;
  }

  private Outcome one(WorkItem item) throws InterruptedException {
    try {
      JsonNode value = HttpOutcomes.item(item.json());
      byte[] body = null;
      if (call.hasBody()) {
        body = call.body() == null ? item.json()
            : call.body().fill(value, item.index(), "", JsonNode::toString).getBytes(StandardCharsets.UTF_8);
      }
      Request request = new Request(call.method(), uri(value, item.index(), ""), headers(value, item.index(), body != null), body);
      Reply reply = transport.send(request, call.success(), MOST_PER_ITEM);
      Outcome outcome = unlessAnswered(request, reply);
      if (outcome != null) {
        return outcome;
      }
      byte[] answer = ((Answer) reply).body();
      return answer == null ? tooLarge(MOST_PER_ITEM) : HttpOutcomes.ofBody(answer);
    } catch (Template.MissingField e) {
      return new Outcome.Fail(new Failure("MissingField", e.getMessage()));
    } catch (Unsendable e) {
      return new Outcome.Fail(e.failure);
    }
  }

  private List<Outcome> together(List<WorkItem> batch) throws InterruptedException {
    Template.Path path = Template.Path.of(call.batch().value());
    List<Outcome> outcomes = new ArrayList<>(Collections.nCopies(batch.size(), null));
    List<Integer> places = new ArrayList<>(batch.size());
    List<JsonNode> values = new ArrayList<>(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      JsonNode value = path.in(HttpOutcomes.item(batch.get(i).json()));
      if (value == null) {
        outcomes.set(i, new Outcome.Fail(new Failure("MissingField", "the item has no value at " + path)));
      } else {
        places.add(i);
        values.add(value);
      }
    }
    if (!places.isEmpty()) {
      List<Outcome> answered = ask(places.stream().map(batch::get).toList(), values);
      for (int i = 0; i < places.size(); i++) {
        outcomes.set(places.get(i), answered.get(i));
      }
    }
    return outcomes;
  }

  private List<Outcome> ask(List<WorkItem> items, List<JsonNode> values) throws InterruptedException {
    int limit = (int) Math.min(MOST, (long) items.size() * MOST_PER_ITEM);
    Outcome all;
    try {
      byte[] body = batchBody(items, values);
      URI uri = uri(null, -1, joined(values, Template::encoded, true));
      Request request = new Request(call.method(), uri, headers(null, -1, body != null), body);
      Reply reply = transport.send(request, call.success(), limit);
      all = unlessAnswered(request, reply);
      if (all == null && reply instanceof Answer answer && answer.body() != null) {
        return HttpOutcomes.ofBatch(call.batch(), values, answer.body());
      }
      all = all == null ? tooLarge(limit) : all;
    } catch (Template.MissingField e) {
      throw new IllegalStateException("a batch's templates have no fields of items", e);
    } catch (Unsendable e) {
      all = new Outcome.Fail(e.failure);
    }
    return Collections.nCopies(items.size(), all);
  }

  /** The template, filled in with JSON; without one, an array of the items, unless the values stand in the URL already. */
  private byte[] batchBody(List<WorkItem> items, List<JsonNode> values) throws Template.MissingField {
    if (call.body() != null) {
      return call.body().fill(null, -1, joined(values, JsonNode::toString, false), JsonNode::toString).getBytes(StandardCharsets.UTF_8);
    }
    if (!call.hasBody() || call.batch().param() != null) {
      return null;
    }
    ByteArrayOutputStream array = new ByteArrayOutputStream();
    array.write('[');
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        array.write(',');
      }
      array.writeBytes(items.get(i).json());
    }
    array.write(']');
    return array.toByteArray();
  }

  private String joined(List<JsonNode> values, Function<JsonNode, String> as, boolean inUrl) {
    String given = call.batch().separator() == null ? "," : call.batch().separator();
    String separator = inUrl ? Template.encoded(given, ALLOWED_IN_SEPARATOR) : given;
    return values.stream().map(as).collect(Collectors.joining(separator));
  }

  private URI uri(JsonNode item, long index, String joined) throws Template.MissingField, Unsendable {
    boolean[] begins = {call.url().parts().getFirst() instanceof Template.Field};
    String filled = call.url().fill(item, index, joined, value -> {
      // a value that the URL begins with is the item's own URL, which is encoded already
      String text = begins[0] ? Template.plain(value) : Template.encoded(value);
      begins[0] = false;
      return text;
    });
    try {
      return new URI(filled);
    } catch (URISyntaxException e) {
      throw new Unsendable("BadUrl", "'" + filled + "' is no URL: " + e.getReason());
    }
  }

  private List<HeaderLine> headers(JsonNode item, long index, boolean hasBody) throws Template.MissingField, Unsendable {
    List<HeaderLine> lines = new ArrayList<>(call.headers().size() + 1);
    boolean typed = false;
    for (HttpCall.Header header : call.headers()) {
      String value = header.secret() != null ? header.secret() : header.template().fill(item, index, "", Template::plain);
      if (!isSafe(value)) {
        throw new Unsendable("UnsafeHeader", "the value for the header " + header.name() + " holds a control character");
      }
      typed |= header.name().equalsIgnoreCase("Content-Type");
      lines.add(new HeaderLine(header.name(), value, header.secret() != null));
    }
    if (CallTrace.PARENT.isBound() && lines.stream().noneMatch(line -> line.name().equalsIgnoreCase("traceparent"))) {
      lines.add(new HeaderLine("traceparent", CallTrace.PARENT.get(), false));
    }
    if (hasBody && !typed) {
      lines.add(new HeaderLine("Content-Type", "application/json", false));
    }
    return lines;
  }

  /** Line ends would begin another header. Beyond ASCII the encoding is anybody's guess. */
  private static boolean isSafe(String value) {
    return value.chars().allMatch(c -> c == '\t' || c >= ' ' && c < 0x7f);
  }

  /** Null when the answer is a success. */
  private Outcome unlessAnswered(Request request, Reply reply) {
    return switch (reply) {
      case Unreachable(Failure failure) -> Outcome.retry(failure);
      case Refused(Failure failure) -> new Outcome.Fail(failure);
      case Answer answer -> HttpOutcomes.ofStatus(call, request.method() + " " + HttpTransport.shown(request.uri()), answer);
    };
  }

  private static Outcome tooLarge(int limit) {
    return new Outcome.Fail(new Failure("ResultTooLarge", "the answer is larger than " + limit + " bytes"));
  }

  @Override
  public void close() {
    transport.close();
  }
}
