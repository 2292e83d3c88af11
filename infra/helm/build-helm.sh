#!/usr/bin/env bash
# Builds Helm from its Go module into a cache outside the checkout, for test/helm.test.ts; prints where it is.
# Takes about two minutes on two cores, once a machine. Without Go it says so and does nothing.
set -euo pipefail
version=3.22.0
folder="${XDG_CACHE_HOME:-$HOME/.cache}/polyseme/helm-$version"
if [ ! -x "$folder/helm" ]; then
  PATH="$PATH:/usr/local/go/bin"
  if ! command -v go >/dev/null; then
    echo "No Go here to build Helm with: the chart's tests will be skipped." >&2
    exit 0
  fi
  mkdir -p "$folder"
  GOBIN="$folder" go install "helm.sh/helm/v3/cmd/helm@v$version" >&2
fi
echo "$folder/helm"
