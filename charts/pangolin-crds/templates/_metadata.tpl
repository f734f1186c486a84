{{- define "pangolin-crds.metadata" -}}
{{- if .Values.crds.keep -}}
{{- "  annotations:\n    helm.sh/resource-policy: keep\n" -}}
{{- end -}}
{{- "  labels:\n" -}}
{{- printf "    app.kubernetes.io/managed-by: %s\n" .Release.Service -}}
{{- printf "    app.kubernetes.io/name: pangolin\n" -}}
{{- printf "    app.kubernetes.io/component: crds\n" -}}
{{- printf "    helm.sh/chart: %s-%s" .Chart.Name .Chart.Version -}}
{{- end -}}
