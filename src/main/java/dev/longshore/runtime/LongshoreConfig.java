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
  }

  /** The ledger's store. */
  interface Redis {
    /** {@code redis://host:port/database} or {@code rediss://…}. */
    Optional<String> url();

    /** A file that holds the URL. */
    Optional<String> urlFile();

    /** The password; may stand in the URL too. */
    Optional<String> password();

    /** A file that holds the password. */
    Optional<String> passwordFile();
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
     * How long the clean-up after a deleted job may wait for RabbitMQ or Redis; then the resource goes without, and what it left is removed
     * when they are back. 2 s to 24 h.
     */
    @WithDefault("10m")
    Duration letGoAfter();
  }

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
