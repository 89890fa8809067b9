package dev.longshore.store.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The steps that Redis runs as one: each is the file of its name beside this class, behind the prelude where it works on a job. */
enum Script {
  OPEN("open", true, false),
  CHANGE("change", true, false),
  FEED("feed", true, false),
  TAKE("take", true, false),
  SETTLE("settle", true, false),
  RELEASE("release", true, false),
  BEAT("beat", true, false),
  // these may run in a full Redis: looking and deleting is what helps then
  READ("read", true, true),
  AUDIT("audit", true, true),
  FAILED("failed", true, true),
  RESULTS("results", true, true),
  DELETE("delete", true, true),
  HEARTBEAT("heartbeat", false, false);

  private final String text;
  private final String sha;

  Script(String name, boolean ofJob, boolean whenFull) {
    // With these flags Redis refuses a script as a whole when its memory is used up. Without them it would stop at the first write that
    // needs memory, which may come after one that needs none, and leave half a step behind.
    text = (whenFull ? "#!lua flags=allow-oom\n" : "#!lua\n") + (ofJob ? load("prelude") : "") + load(name);
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
