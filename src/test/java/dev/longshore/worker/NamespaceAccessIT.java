package dev.longshore.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.MessageProperties;
import com.rabbitmq.client.ShutdownSignalException;
import dev.longshore.job.Chunk;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.Outcome;
import dev.longshore.job.PoolRef;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.Settlement;
import dev.longshore.store.StoreUnavailableException;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.testing.Services;
import dev.longshore.tls.TlsSettings;
import dev.longshore.worker.execute.BatchProcessor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The users of docs/security.md, made by its own commands: what a worker of one namespace needs it may do, and nothing of another
 * namespace can it read, write or publish to.
 */
class NamespaceAccessIT {
  @RegisterExtension
  static final Services SERVICES = new Services();
  private static final Duration LEASE = Duration.ofSeconds(3);
  private static final String SUFFIX = UUID.randomUUID().toString().substring(0, 8);
  private static final String MINE = "mine-" + SUFFIX;
  private static final String THEIRS = "theirs-" + SUFFIX;
  private static final String PASSWORD = "a-workers-password";
  private static final String USER = "longshore-" + MINE;
  private static final Failure NO = new Failure("No", "not today");

  private static WorkerProcess operator;
  private static WorkerProcess intruder;
  private static Connection connection;
  private static final JobRef FOREIGN = new JobRef(THEIRS, "numbers", UUID.randomUUID().toString());

  @BeforeAll
  static void makeUsers() throws Exception {
    for (List<String> command : documented()) {
      if (command.getFirst().equals("rabbitmqctl")) {
        assertThat(SERVICES.rabbit().control(command.subList(1, command.size()).toArray(String[]::new)))
            .as("%s: see the console file in %s", command, SERVICES.rabbit().folder()).isZero();
      } else {
        assertThat(redis("default", SERVICES.redisPassword(), command.subList(1, command.size()).toArray(String[]::new))).as("%s", command)
            .isEqualTo("OK");
      }
    }
    operator = new WorkerProcess(SERVICES.rabbit(), SERVICES.redis(), "operator", LEASE);
    intruder = restricted("intruder");
    // the first call of a process opens its connections, which may take longer than a call waits
    await().atMost(Duration.ofSeconds(30)).ignoreException(StoreUnavailableException.class).until(() -> {
      operator.ledger.open(FOREIGN, Jobs.spec().build(), null);
      return intruder.ledger.health() != null;
    });
    operator.queues.declare(FOREIGN);
    operator.ledger.settle(FOREIGN, new Settlement(1, "w", IndexSet.parse("0-4"), List.of(), List.of(), List.of(), null, Duration.ZERO));
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(SERVICES.rabbitUrl());
    factory.setUsername(USER);
    factory.setPassword(PASSWORD);
    connection = factory.newConnection();
  }

  @AfterAll
  static void close() throws Exception {
    if (connection != null) {
      connection.close();
      operator.queues.delete(FOREIGN);
      operator.ledger.delete(FOREIGN);
      intruder.close();
      operator.close();
    }
  }

  /** The commands of the page, for the namespace of this test. */
  private static List<List<String>> documented() throws IOException {
    Matcher block = Pattern.compile("(?s)## Users for each namespace.*?```sh\\n(.*?)```").matcher(Files.readString(Path.of("docs", "security.md")));
    assertThat(block.find()).as("docs/security.md has a block of commands under 'Users for each namespace'").isTrue();
    List<List<String>> commands = new ArrayList<>();
    for (String line : block.group(1).replace("\\\n", " ").lines().filter(line -> !line.isBlank()).toList()) {
      List<String> words = new ArrayList<>();
      Matcher word = Pattern.compile("'([^']*)'|(\\S+)").matcher(line.replace("NAMESPACE", MINE).replace("PASSWORD", PASSWORD));
      while (word.find()) {
        words.add(word.group(1) != null ? word.group(1) : word.group(2));
      }
      commands.add(words);
    }
    assertThat(commands).as("commands for both services").extracting(List::getFirst).contains("rabbitmqctl", "redis-cli");
    return commands;
  }

  private static WorkerProcess restricted(String name) {
    return new WorkerProcess(new RabbitSettings(SERVICES.rabbitUrl(), USER, PASSWORD, name),
        new RedisSettings(SERVICES.redisUrl(), USER, PASSWORD, TlsSettings.DEFAULT), LEASE);
  }

  /** What redis-cli prints for a user's command. */
  private static String redis(String user, String password, String... words) throws IOException {
    List<String> command = new ArrayList<>(List.of("redis-cli", "-u", SERVICES.redisUrl(), "--user", user, "--no-auth-warning"));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("REDISCLI_AUTH", password);
    Process process = builder.start();
    return new String(process.getInputStream().readAllBytes()).strip();
  }

  /** Succeeds, but for each 20th that is tried again and each 7th that fails for good. */
  private static final class Mixed implements BatchProcessor {
    @Override
    public List<Outcome> call(List<WorkItem> batch) {
      return batch.stream().map(item -> item.index() % 7 == 0 ? new Outcome.Fail(NO)
          : item.index() % 20 == 1 && item.attempt() == 1 ? Outcome.retry(NO) : Outcome.DONE).toList();
    }

    @Override
    public int batchSize() {
      return 50;
    }

    @Override
    public void close() {}
  }

  @Test
  void aJobOfItsOwnNamespaceRunsWithTheseRights() {
    JobRef own = new JobRef(MINE, "numbers", UUID.randomUUID().toString());
    PoolRef pool = new PoolRef(MINE, "pool");
    try (WorkerProcess worker = restricted("worker")) {
      operator.ledger.open(own, Jobs.spec().build(), null);
      operator.queues.declare(own);
      operator.queues.publish(own, Kind.CONTROL, new Message.Feed(1, 1, Message.Target.SOURCE)).join();
      operator.pools.assign(pool, new Assignment(List.of(own), Set.of()));
      worker.work(new WorkerSettings(pool, "worker", WorkerSettings.HOLD_LIMIT), Numbers.upTo(3_000), new Mixed());

      await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(operator.ledger.read(List.of(own)).get(own).counts().allFinal())
          .as(() -> operator.ledger.read(List.of(own)).get(own) + "\n" + worker.worker().health() + "\n" + operator.pools.heartbeats(pool)).isTrue());
      assertThat(operator.ledger.read(List.of(own)).get(own).counts().failed()).isEqualTo(429);
      assertThat(operator.queues.depth(own, Kind.DEAD).ready()).isEqualTo(429);
      assertThat(worker.ledger.health().up()).as("%s", worker.ledger.health()).isTrue();
      assertThat(worker.queues.health().up()).as("%s", worker.queues.health()).isTrue();
      worker.ledger.awaitDurable(own);
      assertThat(worker.worker().drain()).succeedsWithin(Duration.ofSeconds(20));
    } finally {
      operator.pools.delete(pool);
      operator.queues.delete(own);
      operator.ledger.delete(own);
    }
  }

  private static void refusedByRedis(ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(StoreUnavailableException.class).hasMessageContaining("NOPERM");
  }

  @Test
  void nothingOfAnotherNamespaceIsReadInRedis() {
    refusedByRedis(() -> intruder.ledger.spec(FOREIGN));
    refusedByRedis(() -> intruder.ledger.read(List.of(FOREIGN)));
    refusedByRedis(() -> intruder.ledger.inline(FOREIGN));
    refusedByRedis(() -> intruder.ledger.results(FOREIGN, 0, result -> { }));
    refusedByRedis(() -> intruder.pools.assignment(new PoolRef(THEIRS, "pool")));
    refusedByRedis(() -> intruder.pools.heartbeats(List.of(new PoolRef(THEIRS, "pool"))));
  }

  @Test
  void nothingOfAnotherNamespaceIsWrittenInRedis() {
    refusedByRedis(() -> intruder.ledger.take(FOREIGN, IndexSet.parse("0-9"), 1, "intruder"));
    refusedByRedis(() -> intruder.ledger.cancel(FOREIGN));
    refusedByRedis(() -> intruder.ledger.delete(FOREIGN));
    refusedByRedis(() -> intruder.ledger.fail(FOREIGN, "Intruder", "was here"));
    refusedByRedis(() -> intruder.pools.assign(new PoolRef(THEIRS, "pool"), new Assignment(List.of(), Set.of())));
    refusedByRedis(() -> intruder.pools.beat(new PoolRef(THEIRS, "pool"),
        new Heartbeat("intruder", Heartbeat.State.READY, 0, 0, null, Set.of(), 0, 0, 0, "")));
    assertThat(operator.ledger.read(List.of(FOREIGN)).get(FOREIGN).counts().succeeded()).isEqualTo(5);
  }

  @Test
  void noOtherCommandLeadsThereEither() throws Exception {
    String meta = "longshore:" + THEIRS + ":{" + FOREIGN.uid() + "}:meta";
    String own = "longshore:" + MINE + ":x";
    for (List<String> words : List.of(List.of("GET", meta), List.of("EVAL", "return redis.call('HGETALL', '" + meta + "')", "0"),
        List.of("EVAL", "return redis.call('HGETALL', KEYS[1])", "1", meta), List.of("COPY", meta, own), List.of("RENAME", meta, own), List.of("KEYS", "*"),
        List.of("SCAN", "0"), List.of("RANDOMKEY"), List.of("DBSIZE"), List.of("DUMP", meta), List.of("PUBLISH", "longshore:" + THEIRS + ":events", "x"),
        List.of("SUBSCRIBE", "longshore:" + THEIRS + ":events"), List.of("PSUBSCRIBE", "longshore:*:events"), List.of("PUBSUB", "CHANNELS"),
        List.of("CONFIG", "GET", "requirepass"), List.of("ACL", "LIST"), List.of("ACL", "SETUSER", USER, "~*"), List.of("FLUSHALL"), List.of("FLUSHDB"),
        List.of("MONITOR"), List.of("CLIENT", "LIST"), List.of("SCRIPT", "FLUSH"), List.of("FUNCTION", "LIST"),
        List.of("SHUTDOWN"), List.of("REPLICAOF", "NO", "ONE"), List.of("SLOWLOG", "GET"))) {
      assertThat(redis(USER, PASSWORD, words.toArray(String[]::new))).as("%s", words).containsAnyOf("NOPERM", "can't access at least one of the keys")
          .doesNotContain("succeeded");
    }
    assertThat(redis(USER, PASSWORD, "SET", own, "1")).as("this user works").isEqualTo("OK");
    assertThat(redis(USER, PASSWORD, "DEL", own)).isEqualTo("1");
  }

  private interface Attempt {
    void on(Channel channel) throws Exception;
  }

  private static final String PRECONDITION = "PRECONDITION_FAILED";

  private static void refusedByRabbit(String what, Attempt attempt) throws Exception {
    refusedByRabbit(what, "ACCESS_REFUSED", attempt);
  }

  private static void refusedByRabbit(String what, String code, Attempt attempt) throws Exception {
    Channel channel = connection.createChannel();
    channel.confirmSelect();
    try {
      attempt.on(channel);
      channel.waitForConfirmsOrDie(5_000);
      channel.basicQos(1);
    } catch (IOException | ShutdownSignalException e) {
      Throwable cause = e instanceof ShutdownSignalException ? e : e.getCause() == null ? e : e.getCause();
      assertThat(cause.getMessage()).as(what).contains(code);
      return;
    }
    throw new AssertionError(what + " was not refused");
  }

  @Test
  void nothingOfAnotherNamespaceIsReachedInTheBroker() throws Exception {
    String queue = WorkQueues.name(FOREIGN, Kind.WORK);
    long before = operator.queues.depth(FOREIGN, Kind.WORK).ready();
    byte[] body = {1};
    refusedByRabbit("publishing to their exchange", channel -> channel.basicPublish("longshore." + THEIRS, queue, MessageProperties.MINIMAL_BASIC, body));
    refusedByRabbit("publishing to the default exchange", channel -> channel.basicPublish("", queue, MessageProperties.MINIMAL_BASIC, body));
    String key = "0.".repeat(22) + queue;
    refusedByRabbit("publishing to their queue through the ladder", channel -> channel.basicPublish("longshore.delay.v1.in", key, MessageProperties.MINIMAL_BASIC,
        body));
    for (String exchange : List.of("longshore.delay.v1.out", "longshore.delay.v1.3", "amq.topic", "amq.direct", "amq.fanout")) {
      refusedByRabbit("publishing to " + exchange, channel -> channel.basicPublish(exchange, key, MessageProperties.MINIMAL_BASIC, body));
    }
    refusedByRabbit("reading their queue", channel -> channel.basicGet(queue, true));
    refusedByRabbit("consuming their queue", channel -> channel.basicConsume(queue, true, (tag, message) -> { }, tag -> { }));
    refusedByRabbit("purging their queue", channel -> channel.queuePurge(queue));
    refusedByRabbit("deleting their queue", channel -> channel.queueDelete(queue));
    refusedByRabbit("declaring a queue of theirs", channel -> channel.queueDeclare("longshore." + THEIRS + ".new", false, false, true, Map.of()));
    refusedByRabbit("declaring a queue that hands on to theirs", channel -> channel.queueDeclare("longshore." + MINE + ".way", false, false, true,
        Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", queue, "x-message-ttl", 0)));
    refusedByRabbit("binding their exchange to another", channel -> channel.exchangeBind("longshore." + MINE, "longshore." + THEIRS, queue));
    refusedByRabbit("deleting their exchange", channel -> channel.exchangeDelete("longshore." + THEIRS));
    refusedByRabbit("deleting a level of the ladder", channel -> channel.queueDelete("longshore.delay.v1.0"));
    assertThat(operator.queues.depth(FOREIGN, Kind.WORK).ready()).as("what lies in their queue").isEqualTo(before);
  }

  @Test
  void itsOwnPublishReachesNoQueueOfAnotherNamespace() {
    assertThatThrownBy(() -> intruder.queues.publish(FOREIGN, Kind.WORK, new Message.Feed(1, 1, Message.Target.SOURCE)).join())
        .isInstanceOf(CompletionException.class).hasCauseInstanceOf(QueueUnavailableException.class);
    assertThatThrownBy(() -> intruder.queues.publishLater(FOREIGN, Kind.WORK, new Message.Feed(1, 1, Message.Target.SOURCE), Duration.ofMillis(250)).join())
        .isInstanceOf(CompletionException.class).hasCauseInstanceOf(QueueUnavailableException.class);
    assertThat(operator.queues.depth(FOREIGN, Kind.WORK).ready()).isZero();
  }

  /** A second address on the envelope, which RabbitMQ 3.10 does not hold against the topic permissions: the message comes, and is not taken. */
  @Test
  void itemsThatComeByACopyHeaderAreNotTaken() throws Exception {
    JobRef own = new JobRef(MINE, "copies", UUID.randomUUID().toString());
    JobRef target = new JobRef(THEIRS, "copies", UUID.randomUUID().toString());
    operator.queues.declare(own);
    operator.queues.declare(target);
    List<Message> taken = new CopyOnWriteArrayList<>();
    try (Channel channel = connection.createChannel(); WorkQueues.Consumption consumption = operator.queues.consume(target, Kind.WORK, 10, delivery -> {
      taken.add(delivery.message());
      delivery.ack();
    })) {
      channel.confirmSelect();
      String theirs = "0.".repeat(22) + WorkQueues.name(target, Kind.WORK);
      String mine = "0.".repeat(22) + WorkQueues.name(own, Kind.WORK);
      Map<String, Object> headers = Map.of("version", 1, "kind", "work", "run", 1, "indexes", "0", "attempt", 1, "gzip", false, "CC", List.of(theirs));
      byte[] items = "\"forged\"\n".getBytes(StandardCharsets.UTF_8);
      channel.basicPublish("longshore.delay.v1.in", mine, new AMQP.BasicProperties.Builder().headers(headers).build(), items);
      channel.basicPublish("longshore.delay.v1.in", mine, new AMQP.BasicProperties.Builder().headers(headers).userId(USER).build(), items);
      channel.waitForConfirmsOrDie(5_000);
      refusedByRabbit("saying to be another user", PRECONDITION, other -> other.basicPublish("longshore.delay.v1.in", mine,
          new AMQP.BasicProperties.Builder().headers(headers).userId(SERVICES.rabbitUsername()).build(), items));
      operator.queues.publish(target, Kind.WORK, Message.Work.of(1, new Chunk(IndexSet.parse("7"), 1, List.of("\"true\"".getBytes(StandardCharsets.UTF_8)))))
          .join();

      await().atMost(Duration.ofSeconds(10)).until(() -> !taken.isEmpty() && operator.queues.depth(target, Kind.WORK).ready() == 0);
      assertThat(taken).singleElement().isInstanceOfSatisfying(Message.Work.class, work -> assertThat(work.indexes()).isEqualTo(IndexSet.parse("7")));
    } finally {
      operator.queues.delete(own);
      operator.queues.delete(target);
    }
  }
}
