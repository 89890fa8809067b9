package dev.longshore.runtime;

import dev.longshore.runtime.cli.LongshoreCommand;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.Locale;
import java.util.Optional;

/** Entry point of every role and of the command line. A plain command starts no container, so that it answers at once. */
@QuarkusMain
public final class Main {
  private Main() {}

  public static void main(String... args) {
    Optional<Role> role;
    try {
      role = Role.of(args, System.getenv());
    } catch (IllegalArgumentException e) {
      System.err.println("longshore: " + e.getMessage());
      System.exit(2);
      return;
    }
    if (role.isEmpty()) {
      System.exit(LongshoreCommand.execute(args));
    }
    System.setProperty("longshore.role", role.get().name().toLowerCase(Locale.ROOT));
    if (role.get() == Role.WORKER) {
      // a worker serves nothing but health and metrics, and those on the management port
      System.setProperty("quarkus.http.host-enabled", "false");
    }
    Quarkus.run(RoleApplication.class, args);
  }
}
