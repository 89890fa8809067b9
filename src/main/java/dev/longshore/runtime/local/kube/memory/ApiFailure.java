package dev.longshore.runtime.local.kube.memory;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** An answer other than success, in the words of an API server. */
final class ApiFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient ObjectNode status;
  private final int code;

  private ApiFailure(int code, String reason, String message) {
    super(message, null, false, false);
    this.code = code;
    this.status = JsonNodeFactory.instance.objectNode().put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    status.put("status", "Failure").put("message", message).put("reason", reason).put("code", code);
  }

  static ApiFailure badRequest(String message) {
    return new ApiFailure(400, "BadRequest", message);
  }

  static ApiFailure unauthorized() {
    return new ApiFailure(401, "Unauthorized", "Unauthorized");
  }

  static ApiFailure notFound(ApiPath path) {
    String message = path.name().isEmpty() ? "the server could not find the requested resource"
        : path.resource() + " \"" + path.name() + "\" not found";
    return new ApiFailure(404, "NotFound", message).about(path, path.name());
  }

  static ApiFailure noSuchPath() {
    return new ApiFailure(404, "NotFound", "the server could not find the requested resource");
  }

  static ApiFailure notAllowed() {
    return new ApiFailure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
  }

  static ApiFailure alreadyExists(ApiPath path, String name) {
    return new ApiFailure(409, "AlreadyExists", path.resource() + " \"" + name + "\" already exists").about(path, name);
  }

  static ApiFailure conflict(ApiPath path, String why) {
    return new ApiFailure(409, "Conflict", "Operation cannot be fulfilled on " + path.resource() + " \"" + path.name() + "\": " + why)
        .about(path, path.name());
  }

  static ApiFailure modified(ApiPath path) {
    return conflict(path, "the object has been modified; please apply your changes to the latest version and try again");
  }

  static ApiFailure expired() {
    return new ApiFailure(410, "Expired", "too old resource version");
  }

  static ApiFailure unsupportedPatch(String contentType) {
    return new ApiFailure(415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: "
        + "application/json-patch+json, application/merge-patch+json (got " + contentType + "; server-side apply needs a real API server)");
  }

  /** 422, one cause for each violation of the form {@code field: message}. */
  static ApiFailure invalid(ApiPath path, String kind, String name, List<String> violations) {
    String about = path.group().isEmpty() ? kind : kind + "." + path.group();
    String all = violations.size() == 1 ? violations.getFirst() : "[" + String.join(", ", violations) + "]";
    ApiFailure failure = new ApiFailure(422, "Invalid", about + " \"" + name + "\" is invalid: " + all);
    ObjectNode details = failure.status.putObject("details").put("name", name).put("group", path.group()).put("kind", kind);
    for (String violation : violations) {
      int colon = violation.indexOf(": ");
      details.withArray("causes").addObject().put("reason", "FieldValueInvalid")
          .put("message", colon < 0 ? violation : violation.substring(colon + 2))
          .put("field", colon < 0 ? "" : violation.substring(0, colon));
    }
    return failure;
  }

  static ApiFailure internal(String message) {
    return new ApiFailure(500, "InternalError", message);
  }

  private ApiFailure about(ApiPath path, String name) {
    status.putObject("details").put("name", name).put("group", path.group()).put("kind", path.plural());
    return this;
  }

  int code() {
    return code;
  }

  ObjectNode status() {
    return status;
  }
}
