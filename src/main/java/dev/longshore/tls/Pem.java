package dev.longshore.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * PEM text of an option, given itself or by the file that holds it. A file is read anew for each connection, so that a renewed certificate
 * needs no restart.
 *
 * @param option its environment name, for messages
 * @param text null when {@code file} holds it
 */
public record Pem(String option, String text, Path file) {
  /** The text. Throws {@link InvalidTlsException} when the file cannot be read. */
  public String read() {
    if (text != null) {
      return text;
    }
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new InvalidTlsException(option + "_FILE names " + file + ", which cannot be read: " + e, e);
    }
  }

  /** Which option to look at. */
  String named() {
    return text != null ? option : option + "_FILE (" + file + ")";
  }
}
