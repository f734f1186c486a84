{{- define "pangolin-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "pangolin-operator.fullname" -}}
{{- $name := include "pangolin-operator.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- /* What is not in a namespace bears the release's: the same release name may be used twice in a cluster. */ -}}
{{- define "pangolin-operator.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "pangolin-operator.fullname" .) -}}
{{- end -}}

{{- define "pangolin-operator.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "pangolin-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name must say which one, as serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "pangolin-operator.selector" -}}
app.kubernetes.io/name: {{ include "pangolin-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "pangolin-operator.labels" -}}
{{ include "pangolin-operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* The image of a list (values, chart's version): a digest stands above a tag. */ -}}
{{- define "pangolin-operator.image" -}}
{{- $image := index . 0 -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default (index . 1) $image.tag) -}}
{{- end -}}
{{- end -}}

{{- /* The namespaces that are looked after, as a JSON list; empty for all. */ -}}
{{- define "pangolin-operator.namespaces" -}}
{{- if .Values.watch.allNamespaces -}}
[]
{{- else -}}
{{- default (list .Release.Namespace) .Values.watch.namespaces | toJson -}}
{{- end -}}
{{- end -}}
