package dev.longshore.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every page of the docs is found from the README, and no link leads nowhere. */
class DocsLinksTest {
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  /** Whose brackets are no links. */
  private static final Pattern CODE = Pattern.compile("(?ms)^ *```.*?^ *```$|`[^`\n]*`");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.+)$");

  @Test
  void linksLeadToFilesAndHeadingsThatAreThere() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : YamlBlock.pages()) {
      for (String link : links(page)) {
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        if (!Files.exists(Path.of("").toAbsolutePath().resolve(target)) || parts.length > 1 && !headings(target).contains(parts[1])) {
          broken.add(page + " -> " + link);
        }
      }
    }
    assertThat(broken).as("links to nowhere").isEmpty();
  }

  @Test
  void theReadmeLeadsToEveryPage() throws IOException {
    Set<String> linked = links(Path.of("README.md")).stream().map(link -> Path.of(link.split("#", 2)[0]).normalize().toString())
        .collect(Collectors.toCollection(TreeSet::new));
    assertThat(YamlBlock.pages()).filteredOn(page -> page.startsWith("docs") && !page.startsWith("docs/adr"))
        .as("pages that README.md, Reference, does not name").allSatisfy(page -> assertThat(linked).contains(page.toString()));
  }

  private static List<String> links(Path page) throws IOException {
    return LINK.matcher(CODE.matcher(Files.readString(page)).replaceAll("")).results().map(result -> result.group(1)).filter(link -> !link.contains("://")).toList();
  }

  /** As the usual readers of Markdown name them. */
  private static Set<String> headings(Path page) throws IOException {
    return HEADING.matcher(Files.readString(page)).results().map((MatchResult result) -> result.group(1).toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N} _-]", "").strip().replace(' ', '-')).collect(Collectors.toSet());
  }
}
