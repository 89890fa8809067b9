package dev.longshore.operator.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.longshore.api.v1alpha1.SourceSpec.ConfigMapSource;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class InlineDataTest {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private final ConfigMapSource source = new ConfigMapSource("ids", "ids.txt", null);

  @Test
  void itemsBecomeOneJsonArray() throws Exception {
    List<JsonNode> items = List.of(JSON.numberNode(1), JSON.textNode("zwei"), JSON.objectNode().put("drei", 3), JSON.nullNode());

    assertThat(new String(InlineData.ofItems(items), StandardCharsets.UTF_8)).isEqualTo("[1,\"zwei\",{\"drei\":3},null]");
  }

  @Test
  void moreThan512KiBOfItemsAreRefused() {
    List<JsonNode> items = List.of(JSON.textNode("x".repeat(512 << 10)));

    assertThatThrownBy(() -> InlineData.ofItems(items)).isInstanceOf(InvalidJobException.class)
        .hasMessage("spec.source.items: has 524292 bytes, at most 524288 are allowed: use source.configMap, source.file or source.http for more");
  }

  @Test
  void dataOfAConfigMapMayBeTextOrBinary() throws Exception {
    ConfigMap text = new ConfigMapBuilder().addToData("ids.txt", "1\n2\n").build();
    ConfigMap binary = new ConfigMapBuilder().addToBinaryData("ids.txt", Base64.getEncoder().encodeToString(new byte[] {1, 2})).build();

    assertThat(InlineData.ofConfigMap(source, text)).asString().isEqualTo("1\n2\n");
    assertThat(InlineData.ofConfigMap(source, binary)).containsExactly(1, 2);
  }

  @Test
  void aConfigMapOrKeyThatIsNotThereIsNamed() {
    ConfigMap other = new ConfigMapBuilder().addToData("other", "1").build();

    assertThatThrownBy(() -> InlineData.ofConfigMap(source, null)).isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("spec.source.configMap.name").hasMessageContaining("ids");
    assertThatThrownBy(() -> InlineData.ofConfigMap(source, other)).isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("spec.source.configMap.key").hasMessageContaining("ids.txt");
  }

  @Test
  void moreThanOneMiBOfAConfigMapIsRefused() {
    ConfigMap large = new ConfigMapBuilder().addToData("ids.txt", "x".repeat((1 << 20) + 1)).build();

    assertThatThrownBy(() -> InlineData.ofConfigMap(source, large)).isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("at most 1048576");
  }
}
