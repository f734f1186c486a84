{{- define "pangolin-operator.crdMetadata" -}}
{{- if .Values.crds.keep -}}
{{- "  annotations:\n    helm.sh/resource-policy: keep\n" -}}
{{- end -}}
{{- "  labels:\n" -}}
{{- include "pangolin-operator.labels" . | indent 4 -}}
{{- end -}}
