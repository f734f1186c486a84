{{- /* What the controllers do where they look after resources. */ -}}
{{- define "pangolin-operator.rules" -}}
- apiGroups: [catalog.pangolin.dev]
  resources: [catalogs, warehouses, tokens]
  verbs: [get, list, watch, patch]
- apiGroups: [catalog.pangolin.dev]
  resources: [catalogs/status, warehouses/status, tokens/status]
  verbs: [patch]
# Read where a resource refers to one; written for credentials. Watched by metadata alone, which takes list all the same.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, patch, delete]
# Deleted at the end of a Catalog, and where one can be put right in no other way and must be made anew.
- apiGroups: [""]
  resources: [configmaps, services, serviceaccounts]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
# Why a rollout does not get on.
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- define "pangolin-operator.subject" -}}
- kind: ServiceAccount
  name: {{ include "pangolin-operator.serviceAccount" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
