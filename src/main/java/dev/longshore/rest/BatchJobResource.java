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

/** The operator's read-only HTTP, from which the command line reads. */
@Path("/api/v1")
@RunOnVirtualThread
public class BatchJobResource {
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
      case "ndjson" -> "application/x-ndjson";
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
}
