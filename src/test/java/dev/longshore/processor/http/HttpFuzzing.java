package dev.longshore.processor.http;

import dev.longshore.fuzz.Bytes;
import dev.longshore.job.JobSpec.Allow;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.job.JobSpec.HttpProcessor;
import dev.longshore.processor.InvalidProcessorException;
import dev.longshore.processor.http.Template.MissingField;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A URL's template, a header's, a body's, and the item. With a header from a secret the host is the one of the template. */
public final class HttpFuzzing {
  private static final Allow ALLOW = new Allow(Set.of("http"), List.of(), List.of("TOKEN"), List.of(), true, true);

  private HttpFuzzing() {}

  public static void run(byte[] data) {
    Bytes bytes = new Bytes(data);
    boolean behindHost = (bytes.small() & 1) == 1;
    String url = behindHost ? "http://10.0.0.1/" + bytes.text() : bytes.text();
    Map<String, HeaderValue> headers = Map.of("X-Own", new HeaderValue(bytes.text(), null), "Authorization", new HeaderValue(null, "TOKEN"));
    String body = bytes.text();
    HttpCall call;
    try {
      call = HttpCall.of(new HttpProcessor(url, "POST", headers, body, null, Set.of(), Set.of()), ALLOW, name -> "marker");
    } catch (InvalidProcessorException refused) {
      return;
    }
    JsonNode item;
    try {
      item = HttpOutcomes.JSON.readTree(bytes.rest());
    } catch (IOException none) {
      return;
    }
    if (item == null || item.isMissingNode()) {
      return;
    }
    try {
      String filled = call.url().fill(item, 7, null, Template::encoded);
      String host = new URI(filled).getHost();
      String asked = new URI(call.url().beginning().replaceFirst("(?is)^(https?://[^/?#]*).*", "$1")).getHost();
      if (host == null || !host.equals(asked)) {
        throw new AssertionError("the item made " + filled + " of " + url + ", which goes to " + host + " and not to " + asked);
      }
      call.body().fill(item, 7, null, JsonNode::toString);
    } catch (MissingField refused) {
      // said by name
    } catch (URISyntaxException refused) {
      // the call says BadUrl
    }
  }
}
