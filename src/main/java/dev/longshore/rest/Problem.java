package dev.longshore.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;

/**
 * An error's body, as RFC 9457 has it.
 *
 * @param title the kind of error
 * @param status the HTTP status
 * @param detail what was wrong and what to do
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(String title, int status, String detail) {
  static final String MEDIA_TYPE = "application/problem+json";

  static WebApplicationException exception(Response.Status status, String detail) {
    Problem problem = new Problem(status.getReasonPhrase(), status.getStatusCode(), detail);
    return new WebApplicationException(detail, Response.status(status).type(MEDIA_TYPE).entity(problem).build());
  }
}
