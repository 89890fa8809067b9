package dev.longshore.runtime.local.kube.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.runtime.local.kube.memory.ApiPath.ObjectKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectStoreTest {
  private static final ApiPath MAPS = new ApiPath("", "v1", "n", "configmaps", "", "");
  private static final ObjectKey KEY = MAPS.key("a");
  @TempDir
  Path folder;

  private static ObjectNode object(int value) {
    ObjectNode object = JsonNodeFactory.instance.objectNode().put("value", value);
    object.putObject("metadata").put("name", "a");
    return object;
  }

  @Test
  void aWatchGoesOnFromAVersionAndAnOldOneIsToldToListAgain() throws Exception {
    ObjectStore store = new ObjectStore(new Journal(Optional.empty()));
    for (int i = 1; i <= 5000; i++) {
      store.put(KEY, object(i));
    }
    Watch recent = store.watch(MAPS, o -> true, 4998);
    assertThat(recent.next(Duration.ZERO).orElseThrow().object().path("value").asInt()).isEqualTo(4999);
    assertThat(recent.next(Duration.ZERO).orElseThrow().object().path("value").asInt()).isEqualTo(5000);
    assertThat(recent.next(Duration.ZERO)).isEmpty();
    assertThatThrownBy(() -> store.watch(MAPS, o -> true, 10)).isInstanceOfSatisfying(ApiFailure.class, e -> assertThat(e.code()).isEqualTo(410));
    store.close();
    assertThat(recent.isCut()).isTrue();
  }

  @Test
  void theFileStaysShortAndATornLastLineIsNoHarm() throws Exception {
    Path file = folder.resolve("objects.ndjson");
    ObjectStore first = new ObjectStore(new Journal(Optional.of(file)));
    for (int i = 1; i <= 12_000; i++) {
      first.put(KEY, object(i));
    }
    first.put(MAPS.key("gone"), object(1));
    first.remove(MAPS.key("gone"));
    first.close();
    assertThat(Files.readAllLines(file)).hasSizeLessThan(6_000);
    Files.writeString(file, "{\"version\":99999,\"key\":[", StandardOpenOption.APPEND);

    ObjectStore second = new ObjectStore(new Journal(Optional.of(file)));
    assertThat(second.list(MAPS, o -> true).items()).singleElement().satisfies(o -> assertThat(o.path("value").asInt()).isEqualTo(12_000));
    assertThat(second.version()).isEqualTo(12_002);
    second.close();
  }
}
