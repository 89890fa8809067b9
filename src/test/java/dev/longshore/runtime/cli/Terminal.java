package dev.longshore.runtime.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Runs commands in this process and keeps what they print. */
final class Terminal {
  private Terminal() {}

  /** A finished command. */
  record Said(int code, String out, String err) {}

  /** Runs a command line, told by {@code kubeconfig} where the cluster is. */
  static Said run(String kubeconfig, String... args) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    String before = System.getProperty("kubeconfig");
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    System.setProperty("kubeconfig", kubeconfig);
    try {
      int code = LongshoreCommand.execute(args);
      return new Said(code, outBytes.toString(StandardCharsets.UTF_8), errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
      if (before == null) {
        System.clearProperty("kubeconfig");
      } else {
        System.setProperty("kubeconfig", before);
      }
    }
  }
}
