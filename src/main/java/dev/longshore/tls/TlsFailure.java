package dev.longshore.tls;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** Says in words why a TLS connection did not come about, and what heals it. */
public final class TlsFailure {
  private TlsFailure() {}

  /**
   * Empty when {@code failure} is not one of TLS.
   *
   * @param options what the environment names of the connection's options begin with, as {@code LONGSHORE_REDIS}
   */
  public static Optional<String> explain(Throwable failure, TlsSettings settings, String options) {
    Optional<String> certificate = Optional.empty();
    Throwable handshake = null;
    for (Throwable cause = failure; cause != null; cause = cause.getCause() == cause ? null : cause.getCause()) {
      // the innermost says most
      Optional<String> here = certificate(cause, settings, options);
      certificate = here.isPresent() ? here : certificate;
      if (cause instanceof SSLException) {
        handshake = cause;
      }
    }
    if (certificate.isPresent()) {
      return certificate;
    }
    return Optional.ofNullable(handshake).map(cause -> "no TLS connection came about (" + cause.getMessage() + "): check that the port speaks"
        + " TLS, and whether the server wants a client certificate (" + options + "_CERT_FILE, " + options + "_KEY_FILE)");
  }

  private static Optional<String> certificate(Throwable cause, TlsSettings settings, String options) {
    return Optional.ofNullable(switch (cause) {
      case CertificateExpiredException expired -> "its certificate has expired (" + expired.getMessage() + "): renew it on the server";
      case CertificateNotYetValidException early -> "its certificate is not valid yet (" + early.getMessage()
          + "): check the clocks of both sides";
      case CertPathValidatorException path when path.getReason() == BasicReason.EXPIRED ->
          "its certificate has expired: renew it on the server";
      case CertPathValidatorException path -> untrusted(settings, options, path);
      case CertPathBuilderException path -> untrusted(settings, options, path);
      // the JDK has no type of its own for a name that does not match
      case CertificateException name when name.getMessage() != null && name.getMessage().startsWith("No ")
          && name.getMessage().contains("matching") -> "its certificate is for another host (" + name.getMessage()
          + "): connect by a name that stands in it, or have one issued for this name";
      default -> null;
    });
  }

  private static String untrusted(TlsSettings settings, String options, Exception path) {
    return settings.ca() == null
        ? "its certificate is signed by no CA of the JDK's trust store (" + path.getMessage() + "): put the CA's certificate as PEM"
            + " into a file and name that by " + options + "_CA_FILE"
        : "its certificate is signed by no CA of " + settings.ca().named() + " (" + path.getMessage() + "): put the CA's certificate there";
  }
}
