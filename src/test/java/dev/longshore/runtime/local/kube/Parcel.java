package dev.longshore.runtime.local.kube;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * A small resource of the guarded group, for tests of the API itself: spec.weight is 1..100 (default 5), and its destination never changes.
 */
@Group("longshore.dev")
@Version("v1alpha1")
public class Parcel extends CustomResource<Parcel.Spec, Parcel.Status> implements Namespaced {
  private static final long serialVersionUID = 1L;

  /** What is wanted. */
  public static class Spec {
    public Integer weight;
    public String destination;
  }

  /** What is. */
  public static class Status {
    public String phase;
    public Long observedGeneration;
  }

  static final String DEFINITION = """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: parcels.longshore.dev}
      spec:
        group: longshore.dev
        scope: Namespaced
        names: {kind: Parcel, plural: parcels, singular: parcel}
        versions:
        - name: v1alpha1
          served: true
          storage: true
          subresources: {status: {}}
          schema:
            openAPIV3Schema:
              type: object
              properties:
                spec:
                  type: object
                  properties:
                    weight: {type: integer, minimum: 1, maximum: 100, default: 5}
                    destination:
                      type: string
                      x-kubernetes-validations: [{rule: "self == oldSelf", message: "the destination must not change"}]
                status:
                  type: object
                  properties: {phase: {type: string}, observedGeneration: {type: integer}}
      """;

  /** What a checker of the schema above answers. */
  static final Admission ADMISSION = (object, old) -> {
    var violations = new java.util.ArrayList<String>();
    var spec = object.withObject("/spec");
    if (!spec.has("weight")) {
      spec.put("weight", 5);
    }
    if (spec.path("weight").asInt() < 1 || spec.path("weight").asInt() > 100) {
      violations.add("spec.weight: Invalid value: " + spec.path("weight") + ": spec.weight in body should be greater than or equal to 1");
    }
    if (old != null && !old.path("spec").path("destination").equals(spec.path("destination"))) {
      violations.add("spec.destination: Invalid value: the destination must not change");
    }
    return violations;
  };
}
