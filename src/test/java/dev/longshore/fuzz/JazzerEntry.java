package dev.longshore.fuzz;

/** Where Jazzer comes in: the target is named by the property {@code fuzz.target}. */
public final class JazzerEntry {
  private static final Target TARGET = Target.valueOf(System.getProperty("fuzz.target"));

  private JazzerEntry() {}

  public static void fuzzerTestOneInput(byte[] data) throws Exception {
    TARGET.read(data);
  }
}
