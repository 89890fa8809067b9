package dev.longshore.operator.pods;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodTemplateRulesTest {
  private final PodTemplateRules rules = new PodTemplateRules(Set.of("trusted"));

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "spec: {hostNetwork: true} | template.spec.hostNetwork",
      "spec: {hostPID: true} | template.spec.hostPID",
      "spec: {hostIPC: true} | template.spec.hostIPC",
      "spec: {automountServiceAccountToken: true} | template.spec.automountServiceAccountToken",
      "spec: {serviceAccountName: root} | template.spec.serviceAccountName",
      "spec: {nodeName: node-1} | template.spec.nodeName",
      "spec: {initContainers: [{name: a}]} | template.spec.initContainers",
      "spec: {securityContext: {runAsUser: 0}} | template.spec.securityContext",
      "spec: {volumes: [{name: a, hostPath: {path: /}}]} | template.spec.volumes[0].hostPath",
      "spec: {volumes: [{name: a, emptyDir: {}}, {name: b, projected: {}}]} | template.spec.volumes[1].projected",
      "spec: {containers: [{name: other}]} | template.spec.containers[0].name",
      "spec: {containers: [{name: worker, command: [sh]}]} | template.spec.containers[0].command",
      "spec: {containers: [{name: worker, securityContext: {privileged: true}}]} | template.spec.containers[0].securityContext",
      "spec: {containers: [{name: worker, lifecycle: {}}]} | template.spec.containers[0].lifecycle",
      "spec: {containers: [{name: worker, env: [{name: LONGSHORE_REDIS_URL, value: x}]}]} | template.spec.containers[0].env[0].name",
      "spec: {containers: [{name: worker, envFrom: [{prefix: LONGSHORE}]}]} | template.spec.containers[0].envFrom[0].prefix",
      "metadata: {labels: {longshore.dev/pool: other}} | template.metadata.labels",
      "metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/worker: unconfined}} | template.metadata.annotations",
      "metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}} | template.metadata.annotations",
      "metadata: {finalizers: [a]} | template.metadata.finalizers"})
  void thisIsRefusedAndTheFieldIsNamed(String template, String field) {
    assertThat(rules.check(Serialization.unmarshal(template, PodTemplateSpec.class))).extracting(PodTemplateRules.Violation::field)
        .containsExactly(field);
  }

  @Test
  void aSecondContainerIsRefused() {
    PodTemplateSpec template = Serialization.unmarshal("spec: {containers: [{name: worker}, {name: worker}]}", PodTemplateSpec.class);
    assertThat(rules.check(template)).extracting(PodTemplateRules.Violation::field).containsExactly("template.spec.containers");
  }

  @Test
  void whatThePolicyAllowsPasses() {
    assertThat(rules.check(Serialization.unmarshal("spec: {serviceAccountName: trusted}", PodTemplateSpec.class))).isEmpty();
    assertThat(rules.check(null)).isEmpty();
  }
}
