package dev.longshore.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A private CA and what it signs, made by openssl. */
public final class Certificates {
  private static final List<String> NEW_KEY = List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes");

  private final Path folder;

  /**
   * PEM files.
   *
   * @param certificate its own alone
   * @param key PKCS #8 without a password
   */
  public record Issued(Path certificate, Path key) {}

  /** A new CA whose files lie in {@code folder}. */
  public Certificates(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder).toAbsolutePath();
    List<String> words = new ArrayList<>(List.of("req", "-x509"));
    words.addAll(NEW_KEY);
    words.addAll(List.of("-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=CA of " + folder.getFileName(), "-days", "2"));
    openssl(words);
  }

  /** The CA's own certificate. */
  public Path ca() {
    return folder.resolve("ca.crt");
  }

  /** One that is valid for this machine. */
  public Issued local(String name) {
    return issue(name, "DNS:localhost,IP:127.0.0.1", 2);
  }

  /** One for the names, as {@code DNS:a,IP:b}, that ends so many days from now; -1 for one that has ended. */
  public Issued issue(String name, String names, int days) {
    try {
      Files.writeString(folder.resolve(name + ".ext"), "subjectAltName=" + names + "\n");
      List<String> words = new ArrayList<>(List.of("req"));
      words.addAll(NEW_KEY);
      words.addAll(List.of("-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name));
      openssl(words);
      openssl(List.of("x509", "-req", "-in", name + ".csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "" + days, "-extfile",
          name + ".ext", "-out", name + ".crt"));
      return new Issued(folder.resolve(name + ".crt"), folder.resolve(name + ".key"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void openssl(List<String> words) throws IOException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(words);
    Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String told = new String(process.getInputStream().readAllBytes());
    assertThat(process.onExit().join().exitValue()).as("%s: %s", command, told).isZero();
  }
}
