package dev.longshore.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509KeyManager;

/**
 * Whom a client trusts and who it is. Host names are always checked; no setting turns that off.
 *
 * @param ca the certificates of the only CAs that may have signed the server's; null takes the JDK's trust store
 * @param certificate the client's own chain, its own first; null for none
 * @param key the private key of {@code certificate}, PKCS #8 without a password; null when there is none
 */
public record TlsSettings(Pem ca, Pem certificate, Pem key) {
  /** The JDK's trust store and no client certificate. */
  public static final TlsSettings DEFAULT = new TlsSettings(null, null, null);
  private static final Pattern PRIVATE_KEY = Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final List<String> KEY_KINDS = List.of("RSA", "EC", "EdDSA");
  private static final char[] UNUSED = new char[0];

  public TlsSettings {
    if ((certificate == null) != (key == null)) {
      throw new InvalidTlsException((certificate == null ? key : certificate).named() + " is set alone: a client certificate needs its key,"
          + " and a key its certificate", null);
    }
  }

  /** Those that are set. */
  public List<Pem> all() {
    return Stream.of(ca, certificate, key).filter(Objects::nonNull).toList();
  }

  /** Reads all that is configured, so that what cannot be used shows at the start. Throws {@link InvalidTlsException}. */
  public TlsSettings checked() {
    context();
    return this;
  }

  /** Made of what the files hold now. Throws {@link InvalidTlsException}. */
  public SSLContext context() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      TrustManager trust = trust();
      X509KeyManager own = own();
      context.init(own == null ? null : new KeyManager[] {own}, trust == null ? null : new TrustManager[] {trust}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no TLS: " + e.getMessage(), e);
    }
  }

  /** Null for the JDK's own. */
  public TrustManager trust() {
    if (ca == null) {
      return null;
    }
    try {
      KeyStore store = empty();
      int number = 0;
      for (Certificate certificate : certificates(ca)) {
        store.setCertificateEntry("ca-" + number++, certificate);
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory.getTrustManagers()[0];
    } catch (GeneralSecurityException | IOException e) {
      throw new InvalidTlsException(ca.named() + " cannot be used: " + e.getMessage(), e);
    }
  }

  /** Null for none. */
  public X509KeyManager own() {
    if (certificate == null) {
      return null;
    }
    try {
      KeyStore store = empty();
      store.setKeyEntry("own", privateKey(), UNUSED, certificates(certificate).toArray(Certificate[]::new));
      KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, UNUSED);
      return (X509KeyManager) factory.getKeyManagers()[0];
    } catch (GeneralSecurityException | IOException e) {
      throw new InvalidTlsException(certificate.named() + " and " + key.named() + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static KeyStore empty() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Collection<? extends Certificate> certificates(Pem pem) throws CertificateException {
    byte[] text = pem.read().getBytes(StandardCharsets.UTF_8);
    Collection<? extends Certificate> found;
    try {
      found = CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(text));
    } catch (CertificateException e) {
      throw new InvalidTlsException(pem.named() + " holds no certificates in PEM (-----BEGIN CERTIFICATE-----): " + e.getMessage(), e);
    }
    if (found.isEmpty()) {
      throw new InvalidTlsException(pem.named() + " holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", null);
    }
    return found;
  }

  private PrivateKey privateKey() throws GeneralSecurityException {
    Matcher found = PRIVATE_KEY.matcher(key.read());
    if (!found.find()) {
      throw new InvalidTlsException(key.named() + " holds no private key in PKCS #8 (-----BEGIN PRIVATE KEY-----);"
          + " 'openssl pkcs8 -topk8 -nocrypt' makes one of another", null);
    }
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(found.group(1)));
    for (String kind : KEY_KINDS) {
      try {
        return KeyFactory.getInstance(kind).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // one of another kind
      }
    }
    throw new InvalidTlsException(key.named() + " holds a key that is none of " + KEY_KINDS, null);
  }
}
