package dev.longshore.runtime.local.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What an API server does with a longshore.dev object before it stores it: schema, CEL rules and defaults. */
@FunctionalInterface
public interface Admission {
  /**
   * Checks an object and fills in its defaults.
   *
   * @param object the object that is to be stored, after a patch was applied; defaults are written into it
   * @param old what is stored now, null when the object is new
   * @return what is wrong, each in the form {@code field: message}; empty when it may be stored
   */
  List<String> admit(ObjectNode object, JsonNode old);
}
