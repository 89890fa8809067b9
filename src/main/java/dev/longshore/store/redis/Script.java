package dev.longshore.store.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The steps that Redis runs as one: each is the file of its name beside this class, behind those that it is built on. */
enum Script {
  OPEN(false, "prelude", "open"),
  CHANGE(false, "prelude", "change"),
  FEED(false, "prelude", "feed"),
  TAKE(false, "prelude", "closing", "take"),
  SETTLE(false, "prelude", "closing", "settle"),
  RELEASE(false, "prelude", "closing", "release"),
  ENTER(false, "enter"),
  INSIDE(false, "prelude", "closing", "inside"),
  CRASH(false, "prelude", "closing", "crash"),
  BEAT(false, "prelude", "beat"),
  MARK(false, "prelude", "windows", "mark"),
  GAPS(false, "prelude", "closing", "gaps"),
  REDRIVE(false, "prelude", "closing", "redrive"),
  CANCEL(false, "prelude", "closing", "windows", "cancel"),
  IDENTITIES(false, "prelude", "identities"),
  CLAIM(false, "claim"),
  // these may run in a full Redis: looking and deleting is what helps then
  READ(true, "prelude", "read"),
  AUDIT(true, "prelude", "audit"),
  FAILED(true, "prelude", "failed"),
  FAILURES(true, "prelude", "failures"),
  GROUPS(true, "prelude", "groups"),
  RESULTS(true, "prelude", "results"),
  COPIES(true, "prelude", "copies"),
  HISTORY(true, "prelude", "history"),
  DELETE(true, "prelude", "delete"),
  HEARTBEAT(false, "heartbeat");

  private final String text;
  private final String sha;

  Script(boolean whenFull, String... parts) {
    // With these flags Redis refuses a script as a whole when its memory is used up. Without them it would stop at the first write that
    // needs memory, which may come after one that needs none, and leave half a step behind.
    StringBuilder whole = new StringBuilder(whenFull ? "#!lua flags=allow-oom\n" : "#!lua\n");
    for (String part : parts) {
      whole.append(load(part));
    }
    text = whole.toString();
    sha = sha(text);
  }

  String text() {
    return text;
  }

  String sha() {
    return sha;
  }

  private static String load(String name) {
    try (InputStream in = Script.class.getResourceAsStream(name + ".lua")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("script " + name + " cannot be read", e);
    }
  }

  private static String sha(String text) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }
}
