package dev.longshore.source.registry;

import dev.longshore.egress.EgressRules;
import dev.longshore.job.JobSpec.Allow;
import dev.longshore.job.JobSpec.FileSource;
import dev.longshore.job.JobSpec.Format;
import dev.longshore.job.JobSpec.HttpSource;
import dev.longshore.job.JobSpec.InlineSource;
import dev.longshore.job.JobSpec;
import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException.Reason;
import dev.longshore.source.SourceException;
import dev.longshore.source.file.AllowedFolders;
import dev.longshore.source.file.FileItemSource;
import dev.longshore.source.file.GlobItemSource;
import dev.longshore.source.http.HttpFetcher;
import dev.longshore.source.http.HttpItemSource;
import dev.longshore.source.http.RequestHeaders;
import dev.longshore.source.inline.InlineItemSource;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Makes the source that a job's spec names, within what its pool allows. */
public final class ItemSources {
  private final HttpFetcher fetcher;

  public ItemSources(HttpFetcher fetcher) {
    this.fetcher = fetcher;
  }

  /**
   * Makes a job's source.
   *
   * @param inline the bytes that the ledger holds for sources of type {@code inline}; asked when the source is opened
   * @param environment the value of a variable of this process, null where there is none
   * @throws SourceException {@code InvalidSource} with a message that begins with the field
   */
  public ItemSource create(JobSpec spec, Supplier<Optional<byte[]>> inline, Function<String, String> environment) throws SourceException {
    return switch (spec.source()) {
      case InlineSource source -> new InlineItemSource(source.format(), inline);
      case FileSource source -> file(source, spec.allow());
      case HttpSource source -> {
        URI url = HttpItemSource.url(source.url());
        Allow allow = spec.allow();
        yield new HttpItemSource(url, format(source.format(), "spec.source.http.format"),
            RequestHeaders.of(headers(source), allow, environment),
            new EgressRules(allow.loopback(), allow.cluster()), fetcher);
      }
    };
  }

  /**
   * Looks at a job's source before its intake begins, at the price of its first record: that a file is there and may be read, that the data
   * begins as its format does, that a URL is one. Nothing goes over the network, and no variable needs to be set here.
   *
   * @throws SourceException with a message that begins with the field
   */
  public void check(JobSpec spec, Supplier<Optional<byte[]>> inline) throws SourceException {
    if (spec.source() instanceof HttpSource source) {
      HttpItemSource.url(source.url());
      format(source.format(), "spec.source.http.format");
      RequestHeaders.check(headers(source), spec.allow());
      return;
    }
    try (ItemReader reader = create(spec, inline, name -> null).open(Optional.empty())) {
      reader.next();
    }
  }

  private static ItemSource file(FileSource source, Allow allow) throws SourceException {
    AllowedFolders folders = new AllowedFolders(allow.files());
    if (!source.path().startsWith("/")) {
      throw invalid(FileItemSource.FIELD + ": '" + source.path() + "' is not absolute");
    }
    if (source.path().indexOf('\0') >= 0) {
      throw invalid(FileItemSource.FIELD + ": a path cannot hold the character 0");
    }
    if (source.format() == Format.FILES) {
      if (!GlobItemSource.isGlob(source.path()) && Files.isDirectory(Path.of(source.path()))) {
        throw invalid(FileItemSource.FIELD + ": " + source.path() + " is a folder; name its files with " + source.path() + "/*");
      }
      return new GlobItemSource(source.path(), folders);
    }
    return new FileItemSource(Path.of(source.path()), source.format(), folders);
  }

  private static Format format(Format format, String field) throws SourceException {
    if (format == Format.FILES) {
      throw invalid(field + ": Files is for spec.source.file only; use Lines, Ndjson, Json or Csv");
    }
    return format;
  }

  private static Map<String, JobSpec.HeaderValue> headers(HttpSource source) {
    return source.headers() == null ? Map.of() : source.headers();
  }

  private static SourceException invalid(String message) {
    return new SourceException(Reason.INVALID, message);
  }
}
