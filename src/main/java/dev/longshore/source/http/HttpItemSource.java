package dev.longshore.source.http;

import dev.longshore.egress.EgressRules;
import dev.longshore.job.JobSpec.Format;
import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException.Reason;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.format.Gunzip;
import dev.longshore.source.format.RecordReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.faulttolerance.exceptions.FaultToleranceException;

/**
 * The records of an HTTP response's body, plain or gzip. Pinned by a strong ETag, else by time of change and length, else by a hash of what
 * was read. Going on in the middle asks for the rest only where that is certain to be the rest, else it reads again what is before.
 */
public final class HttpItemSource implements ItemSource {
  public static final String FIELD = "spec.source.http.url";
  private static final int MOST_REDIRECTS = 5;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  /** Statuses below 500 that say: later. */
  private static final Set<Integer> LATER = Set.of(408, 425, 429);
  /** For a fetcher without its annotations; longer than theirs. */
  private static final Duration HEADERS = Duration.ofSeconds(60);

  private final URI url;
  private final Format format;
  private final RequestHeaders headers;
  private final EgressRules egress;
  private final HttpFetcher fetcher;

  public HttpItemSource(URI url, Format format, RequestHeaders headers, EgressRules egress, HttpFetcher fetcher) {
    this.url = url;
    this.format = format;
    this.headers = headers;
    this.egress = egress;
    this.fetcher = fetcher;
  }

  /** Reads a URL as a source may have it: absolute, http or https, without a user name. */
  public static URI url(String text) throws SourceException {
    try {
      URI url = new URI(text);
      boolean http = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
      if (!http || url.getHost() == null || url.getPort() > 65_535) {
        throw invalid("'" + text + "' is not an absolute http or https URL");
      }
      if (url.getRawUserInfo() != null) {
        throw invalid("a user name or password in the URL would stand in logs; send it in a header (headersFrom)");
      }
      return url;
    } catch (URISyntaxException e) {
      throw invalid("'" + text + "' is no URL: " + e.getReason() + " at character " + (e.getIndex() + 1));
    }
  }

  @Override
  public ItemReader open(Optional<SourcePosition> from) throws SourceException {
    return new ReconnectingReader(connect(from), position -> connect(Optional.of(position)));
  }

  private ItemReader connect(Optional<SourcePosition> from) throws SourceException {
    Optional<HttpPin> pinned = from.map(SourcePosition::pin).map(HttpPin::parse);
    long offset = from.isPresent() ? RecordReader.offset(from.get(), FIELD) : 0;
    Optional<String> ifRange = offset > 0 && RecordReader.canBeginAt(format) ? pinned.flatMap(HttpPin::ifRange) : Optional.empty();
    HttpResponse<InputStream> answer = ifRange.isPresent() ? get(new Part(offset, ifRange.get())) : get(Part.ALL);
    boolean rest = answer.statusCode() == 206;
    if (rest && !isRest(answer, offset)) {
      close(answer.body());
      rest = false;
      answer = get(Part.ALL);
    }
    boolean opened = false;
    try {
      check(answer, rest);
      Gunzip.Content content = rest ? new Gunzip.Content(answer.body(), false) : decoded(answer);
      HttpPin pin = HttpPin.of(answer.headers(), content.packed());
      if (pinned.isPresent() && !pinned.get().matches(pin)) {
        throw new SourceException(Reason.CHANGED, FIELD + ": " + shown(url) + " changed since it was first read: it was "
            + pinned.get().validator() + " and is " + pin.validator());
      }
      if (rest) {
        content.stream().skipNBytes(1);
      }
      opened = true;
      return RecordReader.open(format, new RecordReader.Input(content.stream(), rest ? offset : 0, pin.text(), pin.hashed(), FIELD), from);
    } catch (IOException e) {
      throw new SourceException(Reason.UNAVAILABLE, FIELD + ": reading " + shown(url) + " broke off: " + e.getMessage(), e);
    } finally {
      if (!opened) {
        close(answer.body());
      }
    }
  }

  /**
   * What part to ask for.
   *
   * @param offset 0 is all; else from the byte before it, so that there is always at least one byte to send
   * @param ifRange what it must still be, or the server sends all
   */
  private record Part(long offset, String ifRange) {
    static final Part ALL = new Part(0, null);
  }

  /** Whether a partial answer is as asked: from that byte on to the end, and not encoded. */
  private static boolean isRest(HttpResponse<?> answer, long offset) {
    String range = answer.headers().firstValue("Content-Range").orElse("");
    String begin = "bytes " + (offset - 1) + "-";
    int slash = range.indexOf('/');
    if (!range.startsWith(begin) || slash < 0 || answer.headers().firstValue("Content-Encoding").isPresent()) {
      return false;
    }
    try {
      return Long.parseLong(range.substring(begin.length(), slash)) + 1 == Long.parseLong(range.substring(slash + 1));
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private HttpResponse<InputStream> get(Part part) throws SourceException {
    URI at = url;
    boolean home = true;
    for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
      requireAllowed(at);
      HttpResponse<InputStream> answer = send(request(at, part, home));
      if (!REDIRECTS.contains(answer.statusCode())) {
        return answer;
      }
      close(answer.body());
      URI next = redirect(at, answer);
      // once away, the headers stay away: a redirect back would let the other side choose what they are used for
      home = home && origin(next).equals(origin(url));
      at = next;
    }
    throw invalid(shown(url) + " redirects more than " + MOST_REDIRECTS + " times");
  }

  private HttpRequest request(URI at, Part part, boolean home) throws SourceException {
    try {
      HttpRequest.Builder request = HttpRequest.newBuilder(at).timeout(HEADERS).header("Accept-Encoding", "gzip");
      if (at.getScheme().equalsIgnoreCase("http")) {
        // without the offer to go on as HTTP/2, which plain HTTP servers answer in surprising ways
        request.version(HttpClient.Version.HTTP_1_1);
      }
      if (home) {
        headers.addTo(request);
      }
      if (part.offset > 0) {
        request.header("Range", "bytes=" + (part.offset - 1) + "-").header("If-Range", part.ifRange);
      }
      return request.build();
    } catch (IllegalArgumentException e) {
      throw new SourceException(Reason.INVALID, FIELD + ": " + e.getMessage(), e);
    }
  }

  private HttpResponse<InputStream> send(HttpRequest request) throws SourceException {
    try {
      return fetcher.fetch(request);
    } catch (IOException | FaultToleranceException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new SourceException(Reason.UNAVAILABLE, FIELD + ": " + shown(request.uri()) + " cannot be reached: " + why, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SourceException(Reason.UNAVAILABLE, FIELD + ": interrupted while asking " + shown(request.uri()), e);
    }
  }

  private static URI redirect(URI at, HttpResponse<?> answer) throws SourceException {
    String location = answer.headers().firstValue("Location")
        .orElseThrow(() -> invalid(shown(at) + " answered " + answer.statusCode() + " without saying where to"));
    URI next;
    try {
      next = url(at.resolve(location).toString());
    } catch (IllegalArgumentException | SourceException e) {
      throw invalid(shown(at) + " redirects to something that is no http or https URL");
    }
    if (at.getScheme().equalsIgnoreCase("https") && next.getScheme().equalsIgnoreCase("http")) {
      throw invalid(shown(at) + " redirects from https to http, which is not followed");
    }
    return next;
  }

  private void check(HttpResponse<?> answer, boolean rest) throws SourceException {
    int status = answer.statusCode();
    if (status == 200 || rest) {
      return;
    }
    if (status == 412 || status == 416) {
      throw new SourceException(Reason.CHANGED, FIELD + ": " + shown(url) + " is no longer what was first read (status " + status + ")");
    }
    if (status >= 500 || LATER.contains(status)) {
      throw new SourceException(Reason.UNAVAILABLE, FIELD + ": " + shown(url) + " answered with status " + status);
    }
    String hint = status == 401 || status == 403 ? "; check the credentials in spec.source.http.headersFrom" : "";
    throw invalid(shown(url) + " answered with status " + status + hint);
  }

  /** Unpacked as the encoding says, and once more where the content itself is gzip. */
  private Gunzip.Content decoded(HttpResponse<InputStream> answer) throws IOException, SourceException {
    String encoding = answer.headers().firstValue("Content-Encoding").orElse("identity").trim().toLowerCase(Locale.ROOT);
    return switch (encoding) {
      case "identity", "" -> Gunzip.of(answer.body());
      case "gzip", "x-gzip" -> {
        Gunzip.Content once = Gunzip.of(answer.body());
        yield new Gunzip.Content(Gunzip.of(once.stream()).stream(), true);
      }
      default -> throw invalid(shown(url) + " answered in the encoding '" + encoding + "', and only gzip was asked for");
    };
  }

  private static String origin(URI url) {
    String scheme = url.getScheme().toLowerCase(Locale.ROOT);
    int port = url.getPort() >= 0 ? url.getPort() : scheme.equals("https") ? 443 : 80;
    return scheme + "://" + url.getHost().toLowerCase(Locale.ROOT) + ":" + port;
  }

  /** Without the query, which for a signed address is a secret. */
  private static String shown(URI url) {
    return origin(url) + url.getRawPath();
  }

  private static SourceException invalid(String message) {
    return new SourceException(Reason.INVALID, FIELD + ": " + message);
  }

  private static void close(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      // it was read only
    }
  }

  private void requireAllowed(URI at) throws SourceException {
    try {
      Optional<String> refusal = egress.refusal(at.getHost());
      if (refusal.isPresent()) {
        throw new SourceException(Reason.INVALID, FIELD + ": " + refusal.get());
      }
    } catch (UnknownHostException e) {
      throw new SourceException(Reason.UNAVAILABLE, FIELD + ": the host " + at.getHost() + " does not resolve", e);
    }
  }
}
