package dev.longshore.store.redis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.job.JobSpec;
import dev.longshore.store.Accounts;
import dev.longshore.store.Heartbeat;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StoredJsonTest {

  @Test
  void aSpecComesBackAsItWas() {
    JobSpec spec = Accounts.spec();
    assertThat(StoredJson.read(StoredJson.write(spec), JobSpec.class)).isEqualTo(spec);
  }

  @Test
  void aSpecFromBeforeTheFallbackHasNone() throws Exception {
    ObjectNode old = (ObjectNode) new ObjectMapper().readTree(StoredJson.write(Accounts.spec()));
    old.remove("fallback");
    JobSpec read = StoredJson.read(old.toString().getBytes(), JobSpec.class);
    assertThat(read.fallback()).isNull();
    assertThat(read.processor()).isEqualTo(Accounts.spec().processor());
  }

  @Test
  void aHeartbeatOfAnOlderWorkerDoesNotSayWhatRemains() throws Exception {
    Heartbeat now = new Heartbeat("a", Heartbeat.State.READY, 1, 10, Duration.ofMillis(1_500), Set.of(), 50, 7, 20, "");
    ObjectNode old = (ObjectNode) new ObjectMapper().readTree(StoredJson.write(now));
    old.remove("remaining");
    Heartbeat read = StoredJson.read(old.toString().getBytes(), Heartbeat.class);
    assertThat(read.remaining()).isNull();
    assertThat(read.done()).isEqualTo(7);
  }
}
