package dev.longshore.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Who may import whom, for any root package, so that each rule can be tried on a tree that breaks it. */
final class HouseRules {
  /** A room and the rooms that it may import, beside itself and {@code process}. */
  private static final Map<String, Set<String>> MAY_IMPORT = new LinkedHashMap<>();

  static {
    MAY_IMPORT.put("api", Set.of("expression"));
    MAY_IMPORT.put("batch", Set.of());
    MAY_IMPORT.put("process", Set.of());
    MAY_IMPORT.put("egress", Set.of());
    MAY_IMPORT.put("tls", Set.of());
    MAY_IMPORT.put("expression", Set.of());
    MAY_IMPORT.put("resilience", Set.of());
    MAY_IMPORT.put("metrics", Set.of());
    MAY_IMPORT.put("job", Set.of("batch"));
    for (String part : List.of("queue", "store", "source", "processor", "notification")) {
      MAY_IMPORT.put(part, Set.of("job", "resilience", "batch", "process", "egress", "tls"));
    }
    MAY_IMPORT.put("worker", Set.of("job", "resilience", "batch", "process", "expression", "queue", "store", "source", "processor",
        "metrics"));
    MAY_IMPORT.put("operator", Set.of("api", "expression", "job", "resilience", "queue", "store", "metrics"));
    MAY_IMPORT.put("rest", Set.of("job", "api", "queue", "store"));
    MAY_IMPORT.put("runtime", Set.of("api", "batch", "process", "egress", "tls", "expression", "resilience", "job", "queue", "store", "source", "processor",
        "notification", "worker", "operator", "rest", "metrics"));
  }

  private final String root;

  HouseRules(String root) {
    this.root = root;
  }

  /** All rules, by a name that says what they are for. */
  Map<String, ArchRule> all() {
    Map<String, ArchRule> rules = new LinkedHashMap<>();
    MAY_IMPORT.forEach((room, allowed) -> rules.put("imports of " + room, imports(room, allowed)));
    rules.put("no cycles between rooms", slices().matching(root + ".(*)..").should().beFreeOfCycles().allowEmptyShould(true));
    rules.put("ports do not know their adapters", noClasses().that().resideInAnyPackage(root + ".worker..", root + ".operator..", root + ".rest..")
        .should().dependOnClassesThat().resideInAnyPackage(root + ".queue.rabbitmq..", root + ".queue.memory..", root + ".store.redis..",
            root + ".store.memory..").allowEmptyShould(true));
    rules.put("RabbitMQ types stay in their adapter", only("com.rabbitmq..", "queue.rabbitmq..", "runtime.local.services.."));
    rules.put("Redis types stay in their adapter", only("io.vertx.redis..", "store.redis..", "runtime.local.services.."));
    rules.put("Kubernetes types stay with the operator", only("io.fabric8.kubernetes..", "operator..", "api..", "rest..", "runtime.."));
    rules.put("picocli stays in the command line", only("picocli..", "runtime.cli.."));
    rules.put("time is a parameter", noClasses().that().resideInAPackage(root + "..").and().resideOutsideOfPackage(root + ".runtime..")
        .should().callMethod(Instant.class, "now").orShould().callMethod(System.class, "currentTimeMillis")
        .orShould().callMethod(OffsetDateTime.class, "now").orShould().callMethod(LocalDateTime.class, "now").allowEmptyShould(true));
    rules.put("no drawers", noClasses().that().resideInAPackage(root + "..")
        .should().haveSimpleNameEndingWith("Utils").orShould().haveSimpleNameEndingWith("Util").orShould().haveSimpleNameEndingWith("Helper")
        .orShould().haveSimpleNameEndingWith("Manager").orShould().haveSimpleNameEndingWith("Impl").allowEmptyShould(true));
    return rules;
  }

  private ArchRule imports(String room, Set<String> allowed) {
    DescribedPredicate<JavaClass> forbidden = DescribedPredicate.describe("are in a room that " + room + " may not import", type -> {
      String name = type.getPackageName();
      if (!name.startsWith(root + ".")) {
        return false;
      }
      String other = name.substring(root.length() + 1).split("\\.")[0];
      return MAY_IMPORT.containsKey(other) && !other.equals(room) && !allowed.contains(other);
    });
    return noClasses().that().resideInAPackage(root + "." + room + "..").should().dependOnClassesThat(forbidden).allowEmptyShould(true);
  }

  private ArchRule only(String types, String... rooms) {
    String[] places = java.util.Arrays.stream(rooms).map(room -> root + "." + room).toArray(String[]::new);
    return noClasses().that().resideInAPackage(root + "..").and().resideOutsideOfPackages(places)
        .should().dependOnClassesThat().resideInAPackage(types).allowEmptyShould(true);
  }
}
