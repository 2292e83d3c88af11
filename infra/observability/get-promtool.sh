#!/usr/bin/env bash
# Puts Debian's promtool where the tests look for it, without installing Prometheus, which would start a server. Needs apt.
set -euo pipefail
dir="${XDG_CACHE_HOME:-$HOME/.cache}/polyseme/prometheus"
[ -x "$dir/promtool" ] && exit 0
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download prometheus >/dev/null
dpkg -x prometheus_*.deb .
mkdir -p "$dir"
cp usr/bin/promtool "$dir/promtool.part"
mv "$dir/promtool.part" "$dir/promtool"
