package dev.longshore.rest;

import dev.longshore.api.v1alpha1.BatchJob;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.List;
import java.util.Optional;

/** The operator's read-only HTTP, from which the command line reads. */
@Path("/api/v1")
@RunOnVirtualThread
public class BatchJobResource {
  private static final String NDJSON = "application/x-ndjson";
  private static final int MOST_GROUPS = 1_000;

  private final JobViews views;

  @Inject
  public BatchJobResource(JobViews views) {
    this.views = views;
  }

  /** All jobs that the operator watches. */
  @GET
  @Path("/batchjobs")
  @Produces(MediaType.APPLICATION_JSON)
  public List<BatchJob> list() {
    return views.list(null);
  }

  /** The jobs of one namespace. */
  @GET
  @Path("/namespaces/{namespace}/batchjobs")
  @Produces(MediaType.APPLICATION_JSON)
  public List<BatchJob> list(@PathParam("namespace") String namespace) {
    return views.list(namespace);
  }

  /** One job, with its status; 404 when there is none. */
  @GET
  @Path("/namespaces/{namespace}/batchjobs/{name}")
  @Produces(MediaType.APPLICATION_JSON)
  public BatchJob get(@PathParam("namespace") String namespace, @PathParam("name") String name) {
    return views.get(namespace, name).orElseThrow(() -> Problem.exception(Response.Status.NOT_FOUND,
        "there is no BatchJob " + name + " in namespace " + namespace));
  }

  /**
   * The results so far, in input order, streamed.
   *
   * @param format {@code ndjson} (default) or {@code csv}; anything else is a 400
   * @param from the first index to give, from 0
   */
  @GET
  @Path("/namespaces/{namespace}/batchjobs/{name}/results")
  public Response results(@PathParam("namespace") String namespace, @PathParam("name") String name,
      @QueryParam("format") @DefaultValue("ndjson") String format, @QueryParam("from") @DefaultValue("0") long from) {
    BatchJob job = get(namespace, name);
    String type = switch (format) {
      case "ndjson" -> NDJSON;
      case "csv" -> "text/csv; charset=utf-8";
      default -> throw Problem.exception(Response.Status.BAD_REQUEST, "format=" + format + ": ndjson or csv");
    };
    if (from < 0) {
      throw Problem.exception(Response.Status.BAD_REQUEST, "from=" + from + ": an index from 0");
    }
    StreamingOutput body = out -> {
      try (ResultLines lines = ResultLines.of(format, out)) {
        views.results(job, from, lines);
      }
    };
    return Response.ok(body, type).build();
  }

  /**
   * What failed so far: by kind, most frequent first, as a JSON array; or item by item as in results, in index order, streamed.
   *
   * @param group a fingerprint: the items of that kind
   * @param items {@code true}: the items of every kind
   * @param limit groups or items at most, from 1; groups 1000 at most, and by default. Items have no default limit
   */
  @GET
  @Path("/namespaces/{namespace}/batchjobs/{name}/failures")
  public Response failures(@PathParam("namespace") String namespace, @PathParam("name") String name, @QueryParam("group") String group,
      @QueryParam("items") @DefaultValue("false") boolean items, @QueryParam("limit") Long limit) {
    BatchJob job = get(namespace, name);
    if (limit != null && limit < 1) {
      throw Problem.exception(Response.Status.BAD_REQUEST, "limit=" + limit + ": a number from 1");
    }
    if (group == null && !items) {
      int most = limit == null ? MOST_GROUPS : (int) Math.min(limit, MOST_GROUPS);
      return Response.ok(views.failureGroups(job, most), MediaType.APPLICATION_JSON_TYPE).build();
    }
    StreamingOutput body = out -> {
      try (ResultLines lines = ResultLines.of("ndjson", out)) {
        FirstOnes.of(limit, lines, some -> views.failures(job, Optional.ofNullable(group), some));
      }
    };
    return Response.ok(body, NDJSON).build();
  }
}
