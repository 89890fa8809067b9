package dev.longshore.source.inline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.source.ItemReader;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.format.Reading;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InlineItemSourceTest {
  @Test
  void itemsOfTheManifestAndOfAConfigMapAreRead() throws Exception {
    assertThat(Reading.all(source(Format.JSON, "[{\"id\": 1},{\"id\": 2}]").open(Optional.empty()))).containsExactly("{\"id\":1}",
        "{\"id\":2}");
    assertThat(Reading.all(source(Format.LINES, "a\nb\n").open(Optional.empty()))).containsExactly("\"a\"", "\"b\"");
    assertThat(source(Format.LINES, "a\nb\n").estimate()).contains(2L);
  }

  @Test
  void readingGoesOnAtAPositionUnlessTheItemsChanged() throws Exception {
    SourcePosition position;
    try (ItemReader reader = source(Format.LINES, "a\nb\n").open(Optional.empty())) {
      reader.next();
      position = reader.position();
    }
    assertThat(Reading.all(source(Format.LINES, "a\nb\n").open(Optional.of(position)))).containsExactly("\"b\"");
    assertThatThrownBy(() -> source(Format.LINES, "a\nc\n").open(Optional.of(position)))
        .isInstanceOfSatisfying(SourceException.class, e -> assertThat(e.reason()).isEqualTo(SourceException.Reason.CHANGED));
  }

  @Test
  void itemsThatAreNotInTheLedgerAreAnError() {
    assertThatThrownBy(() -> new InlineItemSource(Format.JSON,
        Optional::empty).open(Optional.empty())).hasMessageStartingWith("spec.source: ");
    assertThat(new InlineItemSource(Format.JSON, Optional::empty).estimate()).isEmpty();
  }

  private static InlineItemSource source(Format format, String text) {
    return new InlineItemSource(format, () -> Optional.of(text.getBytes(StandardCharsets.UTF_8)));
  }
}
