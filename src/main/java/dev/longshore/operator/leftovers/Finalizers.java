package dev.longshore.operator.leftovers;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.List;

/** Longshore's finalizers, taken off by somebody else than the reconciler that put them there. */
public final class Finalizers {
  private static final String OURS = "longshore.dev/";
  private static final int UNPROCESSABLE = 422;
  private static final PatchContext JSON = PatchContext.of(PatchType.JSON);

  private Finalizers() {}

  /** Whether a resource has one. */
  public static boolean on(HasMetadata resource) {
    return resource.getMetadata().getFinalizers().stream().anyMatch(name -> name.startsWith(OURS));
  }

  /**
   * Takes them off, and no others. Whoever writes the resource meanwhile is no obstacle.
   *
   * @return false when another finalizer came or went at this very moment: look at the resource again
   */
  public static boolean release(KubernetesClient client, HasMetadata resource) {
    List<String> names = resource.getMetadata().getFinalizers();
    StringBuilder patch = new StringBuilder();
    // from the last one on, so that the places of those before it stay
    for (int at = names.size() - 1; at >= 0; at--) {
      if (names.get(at).startsWith(OURS)) {
        String place = "\"path\":\"/metadata/finalizers/" + at + "\"";
        patch.append(patch.isEmpty() ? "[" : ",").append("{\"op\":\"test\",").append(place).append(",\"value\":\"").append(names.get(at))
            .append("\"},{\"op\":\"remove\",").append(place).append('}');
      }
    }
    try {
      client.resource(resource).patch(JSON, patch.append(']').toString());
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == UNPROCESSABLE) {
        return false;
      }
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return true;
      }
      throw e;
    }
  }
}
