package dev.longshore.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.job.Failure;
import dev.longshore.job.FailureGroup;
import dev.longshore.job.ItemResult;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** {@code GET …/batchjobs/{name}/failures}: groups, or items that are streamed and may be cut short. */
class FailuresOverHttpTest {
  private static final Failure GONE = new Failure("Gone", "no such thing");
  private static final Failure LATE = new Failure("Timeout", "too late");

  private final AtomicLong read = new AtomicLong();
  private final BatchJobResource resource = new BatchJobResource(new Views());

  /** A job of 1,000 failed items, every tenth of which was late. */
  private final class Views implements JobViews {
    @Override
    public List<BatchJob> list(String namespace) {
      return List.of();
    }

    @Override
    public Optional<BatchJob> get(String namespace, String name) {
      return name.equals("tracks") ? Optional.of(new BatchJob()) : Optional.empty();
    }

    @Override
    public void results(BatchJob job, long fromIndex, Consumer<ItemResult> action) {}

    @Override
    public List<FailureGroup> failureGroups(BatchJob job, int max) {
      return List.of(new FailureGroup(GONE.fingerprint(), 900, 1, GONE.message()), new FailureGroup(LATE.fingerprint(), 100, 0, LATE.message()))
          .subList(0, Math.min(2, max));
    }

    @Override
    public void failures(BatchJob job, Optional<String> fingerprint, Consumer<ItemResult> action) {
      LongStream.range(0, 1_000).mapToObj(i -> new ItemResult(i, ItemResult.Status.FAILED, 2, null, null, i % 10 == 0 ? LATE : GONE))
          .peek(item -> read.incrementAndGet()).filter(item -> fingerprint.map(item.failure().fingerprint()::equals).orElse(true)).forEach(action);
    }

    @Override
    public Optional<List<String>> decisions(String namespace, String pool) {
      return Optional.empty();
    }
  }

  @Test
  void groupsComeMostFrequentFirst() {
    assertThat(resource.failures("ns", "tracks", null, false, null).getEntity()).asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .extracting("count").containsExactly(900L, 100L);
    assertThat((List<?>) resource.failures("ns", "tracks", null, false, 1L).getEntity()).hasSize(1);
  }

  @Test
  void itemsComeAsInResults() throws Exception {
    List<String> lines = lines(resource.failures("ns", "tracks", LATE.fingerprint(), false, null));
    assertThat(lines).hasSize(100);
    assertThat(lines.get(1)).isEqualTo("{\"index\":10,\"status\":\"failed\",\"attempts\":2,\"error\":{\"code\":\"Timeout\",\"message\":\"too late\","
        + "\"fingerprint\":\"Timeout: too late\"}}");
    assertThat(lines(resource.failures("ns", "tracks", null, true, null))).hasSize(1_000);
    assertThat(lines(resource.failures("ns", "tracks", "another", false, null))).isEmpty();
  }

  @Test
  void aLimitEndsTheReading() throws Exception {
    assertThat(lines(resource.failures("ns", "tracks", null, true, 7L))).hasSize(7);
    assertThat(read).hasValue(7);
    assertThat(lines(resource.failures("ns", "tracks", null, true, 5_000L))).hasSize(1_000);
  }

  @Test
  void aWrongLimitAndAnUnknownJobAreProblems() {
    assertThatThrownBy(() -> resource.failures("ns", "tracks", null, false, 0L)).isInstanceOfSatisfying(WebApplicationException.class,
        e -> assertThat(e.getResponse().getStatus()).isEqualTo(400)).hasMessageContaining("limit=0");
    assertThatThrownBy(() -> resource.failures("ns", "none", null, false, null)).isInstanceOfSatisfying(WebApplicationException.class,
        e -> assertThat(e.getResponse().getStatus()).isEqualTo(404));
  }

  private static List<String> lines(Response response) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ((StreamingOutput) response.getEntity()).write(out);
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
