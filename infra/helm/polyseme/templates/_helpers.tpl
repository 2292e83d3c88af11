{{- define "polyseme.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 48 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Call with (dict "root" $ "component" "ingest"). */}}
{{- define "polyseme.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "polyseme.labels" -}}
{{ include "polyseme.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "polyseme.secretName" -}}
{{- .Values.existingSecret | default (include "polyseme.fullname" .) -}}
{{- end -}}

{{- define "polyseme.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "polyseme.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* True for the component that KEDA scales. */}}
{{- define "polyseme.scaledComponent" -}}
{{- if eq .Values.keda.target "gpu" -}}embedder-gpu{{- else -}}embedder{{- end -}}
{{- end -}}

{{/*
One service's Deployment. Call with a dict:
  root, component, service (argument of `serve`), values (its part of the values), image, port,
  graceSeconds, drains (it has callers to drain), encoderThreads ("request" | number | unset), gpu (bool), startSeconds
*/}}
{{- define "polyseme.deployment" -}}
{{- $root := .root -}}
{{- $selector := include "polyseme.selector" (dict "root" $root "component" .component) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "polyseme.fullname" $root }}-{{ .component }}
  labels: {{- include "polyseme.labels" (dict "root" $root "component" .component) | nindent 4 }}
spec:
  {{- /* A number here would undo at every upgrade what the autoscaler has set. */}}
  {{- if not (and $root.Values.keda.enabled (eq .component (include "polyseme.scaledComponent" $root))) }}
  replicas: {{ .values.replicas }}
  {{- end }}
  selector:
    matchLabels: {{- $selector | nindent 6 }}
  strategy:
    rollingUpdate:
      {{- if .gpu }}
      # There may be no second GPU for a pod that is to come before another goes.
      maxSurge: 0
      maxUnavailable: 1
      {{- else }}
      maxSurge: 1
      maxUnavailable: 0
      {{- end }}
  template:
    metadata:
      labels:
        {{- $selector | nindent 8 }}
        {{- with $root.Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        {{- if not $root.Values.existingSecret }}
        checksum/secret: {{ $root.Values.secrets | toJson | sha256sum }}
        {{- end }}
        {{- with $root.Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "polyseme.serviceAccountName" $root }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ .graceSeconds }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        runAsGroup: 1000
        fsGroup: 1000
        seccompProfile: { type: RuntimeDefault }
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .service }}
          image: "{{ .image.repository }}:{{ .image.tag | default $root.Chart.AppVersion }}"
          imagePullPolicy: {{ .image.pullPolicy }}
          args: ["serve", {{ .service | quote }}]
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: ["ALL"] }
          env:
            - { name: POLYSEME_HOST, value: {{ $root.Values.host | quote }} }
            - { name: POLYSEME_PORT, value: {{ .port | quote }} }
            - { name: POLYSEME_LOG_LEVEL, value: {{ $root.Values.logLevel | quote }} }
            {{- $secret := include "polyseme.secretName" $root }}
            - name: DATABASE_URL
              valueFrom: { secretKeyRef: { name: {{ $secret }}, key: DATABASE_URL } }
            - name: REDIS_URL
              valueFrom: { secretKeyRef: { name: {{ $secret }}, key: REDIS_URL, optional: true } }
            - name: POLYSEME_API_KEYS
              valueFrom: { secretKeyRef: { name: {{ $secret }}, key: POLYSEME_API_KEYS } }
            - name: POLYSEME_METRICS_KEY
              valueFrom: { secretKeyRef: { name: {{ $secret }}, key: POLYSEME_METRICS_KEY, optional: true } }
            {{- if eq (toString .encoderThreads) "request" }}
            # Kubernetes rounds up to whole cores.
            - name: POLYSEME_ENCODER_THREADS
              valueFrom: { resourceFieldRef: { containerName: {{ .service }}, resource: requests.cpu, divisor: "1" } }
            {{- else if .encoderThreads }}
            - { name: POLYSEME_ENCODER_THREADS, value: {{ .encoderThreads | quote }} }
            {{- end }}
            {{- if .gpu }}
            - { name: POLYSEME_DEVICE, value: cuda }
            {{- end }}
            {{- with $root.Values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - { name: http, containerPort: {{ .port }} }
          startupProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: {{ div .startSeconds 2 }}
          livenessProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          # Longer than the 5 s that the service gives each thing it asks.
          readinessProbe:
            httpGet: { path: /readyz, port: http }
            periodSeconds: 10
            timeoutSeconds: 7
            failureThreshold: 3
          {{- if .drains }}
          # A stopping service closes its port first, but nodes learn only a moment later that it is no longer to be called.
          lifecycle:
            preStop: { exec: { command: ["sleep", "5"] } }
          {{- end }}
          resources:
            {{- $resources := deepCopy .values.resources }}
            {{- if .gpu }}
            {{- $_ := set $resources "limits" (merge (dict "nvidia.com/gpu" 1) ($resources.limits | default dict)) }}
            {{- $_ := set $resources "requests" (merge (dict "nvidia.com/gpu" 1) ($resources.requests | default dict)) }}
            {{- end }}
            {{- toYaml $resources | nindent 12 }}
          volumeMounts:
            # The one place that is written to: compiled sources.
            - { name: tmp, mountPath: /tmp }
            {{- with $root.Values.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: { sizeLimit: {{ ternary "2Gi" "256Mi" (.gpu | default false) }} }
        {{- with $root.Values.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      topologySpreadConstraints:
        {{- with $root.Values.topologySpreadConstraints }}
        {{- toYaml . | nindent 8 }}
        {{- else }}
        {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- $selector | nindent 14 }}
        {{- end }}
        {{- end }}
      {{- with .values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{/* Call with (dict "root" $ "component" c "pdb" values). */}}
{{- define "polyseme.pdb" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "polyseme.fullname" .root }}-{{ .component }}
  labels: {{- include "polyseme.labels" . | nindent 4 }}
spec:
  {{- toYaml .pdb | nindent 2 }}
  # A pod that is not ready serves nobody, so it may always go.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "polyseme.selector" . | nindent 6 }}
{{- end -}}

{{/* Call with (dict "root" $ "component" c "service" values). */}}
{{- define "polyseme.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "polyseme.fullname" .root }}-{{ .component }}
  labels: {{- include "polyseme.labels" . | nindent 4 }}
spec:
  type: {{ .service.type }}
  selector: {{- include "polyseme.selector" . | nindent 4 }}
  ports:
    - { name: http, port: {{ .service.port }}, targetPort: http }
{{- end -}}
