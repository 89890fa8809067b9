{{/* The name of the application in labels. */}}
{{- define "longshore.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* The beginning of all names; short enough for what is put behind it. */}}
{{- define "longshore.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "longshore.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "longshore.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
app.kubernetes.io/name: {{ include "longshore.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: longshore
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "longshore.operatorSelector" -}}
app.kubernetes.io/name: {{ include "longshore.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "longshore.image" -}}
{{- $tag := default .Chart.AppVersion .Values.image.tag -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}:{{ $tag }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ $tag }}
{{- end -}}
{{- end -}}

{{- define "longshore.serviceAccount" -}}
{{- if .Values.operator.serviceAccount.create -}}
{{- default (printf "%s-operator" (include "longshore.fullname" .)) .Values.operator.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.operator.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* "true" when the whole cluster is watched. */}}
{{- define "longshore.everywhere" -}}
{{- if has "*" .Values.watchNamespaces -}}
{{- if gt (len .Values.watchNamespaces) 1 -}}{{- fail "watchNamespaces: \"*\" is all namespaces and stands alone" -}}{{- end -}}
true
{{- end -}}
{{- end -}}

{{/* The namespaces that are watched, comma-separated; "*" is all. */}}
{{- define "longshore.watched" -}}
{{- if include "longshore.everywhere" . -}}*
{{- else -}}
{{- join "," (default (list .Release.Namespace) .Values.watchNamespaces | uniq | sortAlpha) -}}
{{- end -}}
{{- end -}}

{{- define "longshore.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "longshore.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* What the operator may do where it watches. RbacIT lists each call that it makes. */}}
{{- define "longshore.operatorRules" }}
{{- if not (include "longshore.everywhere" .) }}
# to see that it is being deleted: these rules go with it
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
{{- end }}
- apiGroups: [longshore.dev]
  resources: [batchjobs]
  verbs: [get, list, watch, patch, delete]
- apiGroups: [longshore.dev]
  resources: [batchjobs/status, workerpools/status]
  verbs: [patch]
- apiGroups: [longshore.dev]
  resources: [workerpools]
  verbs: [get, list, watch, create, patch, delete]
# for clusters that ask for it of whoever names an owner (OwnerReferencesPermissionEnforcement)
- apiGroups: [longshore.dev]
  resources: [batchjobs/finalizers, workerpools/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
{{- end -}}

{{/* A list as an option takes it; a comma within an element is escaped. */}}
{{- define "longshore.list" -}}
{{- $escaped := list -}}
{{- range . -}}{{- $escaped = append $escaped (. | replace "\\" "\\\\" | replace "," "\\,") -}}{{- end -}}
{{- join "," $escaped -}}
{{- end -}}

{{- define "longshore.pullSecretNames" -}}
{{- $names := list -}}
{{- range . -}}{{- $names = append $names .name -}}{{- end -}}
{{- join "," $names -}}
{{- end -}}

{{/* DNS anywhere (a node's cache has a link-local address), and everything that is not link-local; or what the values say instead. */}}
{{- define "longshore.egress" -}}
{{- if . -}}
{{ toYaml . }}
{{- else -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
- to:
    - ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}
    - ipBlock: {cidr: "::/0", except: ["fe80::/10", "fd00:ec2::/32"]}
{{- end -}}
{{- end -}}

{{/* Made before the release is deleted, in this order, and gone afterwards. */}}
{{- define "longshore.preDelete" -}}
helm.sh/hook: pre-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed
{{- end -}}
