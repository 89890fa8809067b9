package dev.longshore.egress;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that lead where no job may go, in a JVM of its own that looks them up in a hosts file. */
class EgressNamesTest {
  @TempDir
  Path folder;

  /** Prints for each name whether the open rules refuse it. */
  public static final class Ask {
    private Ask() {}

    public static void main(String... names) throws Exception {
      for (String name : names) {
        System.out.println(name + ": " + new EgressRules(true, true).refusal(name).orElse("may be reached"));
      }
    }
  }

  @Test
  void aNameIsRefusedWhenAnyOfItsAddressesIs() throws Exception {
    Path hosts = Files.writeString(folder.resolve("hosts"), """
        169.254.169.254 metadata.example
        93.184.215.14 mixed.example
        169.254.1.1 mixed.example
        fe80::1 six.example
        93.184.215.14 fine.example
        """);
    Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Djdk.net.hosts.file=" + hosts, "-cp",
        System.getProperty("java.class.path"), Ask.class.getName(), "metadata.example", "mixed.example", "six.example", "fine.example")
        .redirectErrorStream(true).start();
    List<String> lines = process.inputReader().lines().toList();
    assertThat(process.waitFor()).as("%s", lines).isZero();
    assertThat(lines).hasSize(4);
    assertThat(lines.subList(0, 3)).allSatisfy(line -> assertThat(line).contains("which jobs never reach"));
    assertThat(lines.get(3)).isEqualTo("fine.example: may be reached");
  }
}
