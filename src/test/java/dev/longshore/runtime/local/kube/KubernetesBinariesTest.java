package dev.longshore.runtime.local.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubernetesBinariesTest {
  @TempDir
  Path home;

  private Path programs(String folder) throws Exception {
    Path made = Files.createDirectories(home.resolve(folder));
    for (String name : new String[] {"etcd", "kube-apiserver"}) {
      Files.writeString(made.resolve(name), "#!/bin/sh\n");
      assertThat(made.resolve(name).toFile().setExecutable(true)).isTrue();
    }
    return made;
  }

  @Test
  void nothingIsFoundWhereNothingIs() {
    assertThat(KubernetesBinaries.find(Map.of("PATH", "/nowhere", "KUBE_BIN", ""), home)).isEmpty();
  }

  @Test
  void aFolderThatIsNamedGoesFirstThenTheTestLayoutThenTheNewestOfTheCacheThenThePath() throws Exception {
    Path path = programs("bin");
    Map<String, String> environment = new java.util.HashMap<>(Map.of("PATH", "/nowhere:" + path));
    assertThat(KubernetesBinaries.find(environment, home)).contains(new KubernetesBinaries(path, "PATH"));
    Path old = programs(".cache/longshore/kube/v1.35.0-aaaaaaaa");
    Path fresh = programs(".cache/longshore/kube/v1.36.3-bbbbbbbb");
    Path unfinished = Files.createDirectories(home.resolve(".cache/longshore/kube/v1.37.0-cccccccc"));
    Files.setLastModifiedTime(old, FileTime.fromMillis(1_000));
    Files.setLastModifiedTime(fresh, FileTime.fromMillis(2_000));
    Files.setLastModifiedTime(unfinished, FileTime.fromMillis(3_000));
    assertThat(KubernetesBinaries.find(environment, home)).contains(new KubernetesBinaries(fresh, "cache"));
    Path layout = programs("assets/k8s/1.36.3-linux-amd64");
    environment.put("KUBE_API_TEST_DIR", home.resolve("assets").toString());
    assertThat(KubernetesBinaries.find(environment, home)).contains(new KubernetesBinaries(layout, "KUBE_API_TEST_DIR"));
    Path named = programs("named");
    environment.put("KUBE_BIN", named.toString());
    assertThat(KubernetesBinaries.find(environment, home)).contains(new KubernetesBinaries(named, "KUBE_BIN"));
  }
}
