package dev.longshore.runtime;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Every option of a process; each can be given by environment, as {@code LONGSHORE_RABBITMQ_URL} for {@code longshore.rabbitmq.url}. */
@ConfigMapping(prefix = "longshore")
public interface LongshoreConfig {

  /** {@code operator} or {@code worker}; unset is the command line. */
  Optional<String> role();

  /** Folder of the checkout or image; set by the launcher. */
  Optional<String> home();

  /** The image of worker pods whose template names none; the operator's own, as a rule. */
  @WithDefault("docker.io/longshore/longshore:dev")
  String image();

  /** Names of Secrets in a job's namespace that worker pods pull it with; comma-separated. */
  Optional<List<String>> imagePullSecrets();

  /** The namespace that this process lives in. */
  @WithDefault("default")
  String namespace();

  /** Namespaces that the operator watches; unset watches its own, {@code *} all. */
  Optional<Set<String>> watchNamespaces();

  /** The pool that a worker belongs to. */
  Optional<String> pool();

  /** Folder with jars of processor plugins. */
  Optional<String> processors();

  RabbitMq rabbitmq();

  Redis redis();

  Worker worker();

  Audit audit();

  Operator operator();

  Policy policy();

  Log log();

  Tracing tracing();

  /** The broker. */
  interface RabbitMq {
    /** {@code amqp://host:port/vhost} or {@code amqps://…}. */
    Optional<String> url();

    /** A file that holds the URL. */
    Optional<String> urlFile();

    /** The user; may stand in the URL too. */
    Optional<String> username();

    /** A file that holds the user's name. */
    Optional<String> usernameFile();

    /** The password; may stand in the URL too. */
    Optional<String> password();

    /** A file that holds the password. */
    Optional<String> passwordFile();

    /** PEM of the only CAs that may have signed the broker's certificate; unset is the JDK's trust store. Host names are always checked. */
    Optional<String> ca();

    /** A file that holds that PEM; read anew for each connection. */
    Optional<String> caFile();

    /** PEM of the certificate by which this process shows who it is, its own first; unset shows none. Needs the key. */
    Optional<String> cert();

    /** A file that holds that PEM; read anew for each connection. */
    Optional<String> certFile();

    /** PEM of the certificate's private key, PKCS #8 without a password. */
    Optional<String> key();

    /** A file that holds that key; read anew for each connection. */
    Optional<String> keyFile();
  }

  /** The ledger's store. */
  interface Redis {
    /**
     * {@code redis://host:port/database}; {@code redis://host:port,host:port} for a Cluster, {@code redis+cluster://host:port} when one
     * address of it is known; {@code redis+sentinel://host:port,host:port/primary/database} for a primary that Sentinels watch over.
     * {@code rediss} in place of {@code redis}: TLS, to the Sentinels too.
     */
    Optional<String> url();

    /** A file that holds the URL. */
    Optional<String> urlFile();

    /** The user of Redis' access control list; may stand in the URL too; unset is its default user. */
    Optional<String> username();

    /** A file that holds the user's name. */
    Optional<String> usernameFile();

    /** The password; may stand in the URL too. */
    Optional<String> password();

    /** A file that holds the password. */
    Optional<String> passwordFile();

    /** PEM of the only CAs that may have signed Redis' certificate; unset is the JDK's trust store. Host names are always checked. */
    Optional<String> ca();

    /** A file that holds that PEM; read anew for each connection. */
    Optional<String> caFile();

    /** PEM of the certificate by which this process shows who it is, its own first; unset shows none. Needs the key. */
    Optional<String> cert();

    /** A file that holds that PEM; read anew for each connection. */
    Optional<String> certFile();

    /** PEM of the certificate's private key, PKCS #8 without a password. */
    Optional<String> key();

    /** A file that holds that key; read anew for each connection. */
    Optional<String> keyFile();
  }

  /** Workers. */
  interface Worker {
    /** How long a worker may be silent before its leases end; 2 s to 10 min. */
    @WithDefault("15s")
    Duration leaseTime();

    /** How long a worker may keep a message without acking it; what is unfinished then goes on under a copy. 2 s to 10 min. */
    @WithDefault("8m")
    Duration holdLimit();
  }

  /** The search for items that no message and no worker has any more. */
  interface Audit {
    /** How long a job's queues must have been empty before its ledger is audited; 3 s to 1 h. */
    @WithDefault("30s")
    Duration quiet();

    /** How long after its due time a retry still counts as on its way; 1 s to 1 h. */
    @WithDefault("60s")
    Duration grace();
  }

  /** The operator. */
  interface Operator {
    /** Whether several replicas elect one that acts. */
    @WithDefault("false")
    boolean leaderElection();

    /** The name of this replica in the election; unset takes the host's name. */
    Optional<String> identity();

    /**
     * How long the deletion of a BatchJob or WorkerPool waits for a broker or Redis that is away, from the deletion on; then the resource goes
     * with a warning event CleanupGaveWay, and what is left is removed when they are back; 10 s to 24 h.
     */
    @WithDefault("10m")
    Duration finalizerPatience();
  }

  /** What is logged, to standard output. */
  interface Log {
    /** {@code text}: a line of key=value pairs; {@code json}: an object a line, with the same keys. */
    @WithDefault("text")
    LogFormat format();

    /** The least level of Longshore's own lines: {@code ERROR}, {@code WARN}, {@code INFO} or {@code DEBUG}, which tells of every chunk. */
    @WithDefault("INFO")
    String level();
  }

  /** Traces of workers, by OpenTelemetry. */
  interface Tracing {
    /** Where traces go, over OTLP with protobuf on HTTP: {@code http://collector:4318/v1/traces}. Unset: nothing is traced. */
    Optional<String> endpoint();

    /** Share of the chunks that are traced, 0 to 1. A chunk is traced on its whole way, each call of it included. */
    @WithDefault("0.01")
    double ratio();
  }

  /** How log lines look. */
  enum LogFormat { TEXT, JSON }

  /** What jobs may do on pools of their own. */
  interface Policy {
    /** Whether the exec processor may be used. */
    @WithDefault("false")
    boolean exec();

    /** Absolute paths of programs that exec may run; {@code *} is any. */
    Optional<List<String>> execCommands();

    /** Names of variables that a processor's config may name. */
    Optional<List<String>> env();

    /** Folders under which files may be read. */
    @WithDefault("/data")
    List<String> files();

    /** ServiceAccounts that a pod template may name. */
    Optional<Set<String>> serviceAccounts();

    Egress egress();

    /** Where HTTP of sources and processors may go. */
    interface Egress {
      /** Whether HTTP of sources and processors may reach loopback addresses. */
      @WithDefault("false")
      boolean loopback();

      /** Whether it may reach private (cluster) addresses. */
      @WithDefault("false")
      boolean cluster();
    }
  }
}
