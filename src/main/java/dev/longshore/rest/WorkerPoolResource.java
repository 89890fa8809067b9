package dev.longshore.rest;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Response;
import java.util.List;

/** What the operator tells of its pools over HTTP; read-only. */
@Path("/api/v1/namespaces/{namespace}/workerpools/{name}")
@RunOnVirtualThread
public class WorkerPoolResource {
  private final JobViews views;

  @Inject
  public WorkerPoolResource(JobViews views) {
    this.views = views;
  }

  /** The last 1,000 decisions of its autoscaler with their inputs, oldest first, one a line; 404 when there is no such pool. */
  @GET
  @Path("/decisions")
  @Produces("application/x-ndjson")
  public String decisions(@PathParam("namespace") String namespace, @PathParam("name") String name) {
    List<String> lines = views.decisions(namespace, name).orElseThrow(() -> Problem.exception(Response.Status.NOT_FOUND,
        "there is no WorkerPool " + name + " in namespace " + namespace));
    return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
  }
}
