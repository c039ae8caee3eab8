#!/usr/bin/env bash
# check_units.sh FOLDER: the units of the .deb files in FOLDER, as systemd itself reads them, and how far they are locked
# down. The thresholds are what was reached; a unit that falls behind them fails. systemd-analyze(1), exposure × 10.
set -euo pipefail
folder=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

shopt -s nullglob
packages=("$folder"/*.deb)
if ((${#packages[@]} == 0)); then
  echo "$folder: no packages" >&2
  exit 1
fi
for package in "${packages[@]}"; do
  dpkg-deb -x "$package" "$root"
done

# What the units name besides our own programs, and the system's own units they stand before and after.
mkdir -p "$root/usr/lib/systemd" "$root/bin" "$root/etc"
cp -a /lib/systemd/system "$root/usr/lib/systemd/"
for program in /bin/sh /bin/kill; do install -D /dev/null -m 755 "$root$program"; done
grep -E '^(root):' /etc/passwd >"$root/etc/passwd"
echo 'sekimori-collector:x:990:990::/:/usr/sbin/nologin' >>"$root/etc/passwd"
cp -a "$root"/lib/systemd/system/* "$root/usr/lib/systemd/system/" 2>/dev/null || true

units=("$root"/lib/systemd/system/sekimori-*)
if ((${#units[@]} < 5)); then
  echo "expected the units of both packages, found: ${units[*]}" >&2
  exit 1
fi
failed=0
for unit in "${units[@]##*/}"; do
  complaints=$(systemd-analyze verify --root="$root" --man=no --recursive-errors=no "$unit" 2>&1 | grep -F sekimori || true)
  if [[ -n $complaints ]]; then
    echo "$unit: $complaints" >&2
    failed=1
  else
    echo "$unit: read without complaint"
  fi
done

# Exposure: 100 is a service without any lock. The boot loader's unit runs update-grub, which mounts and probes disks.
declare -A threshold=([sekimori-agent]=23 [sekimori-input]=18 [sekimori-collector]=14 [sekimori-boot-loader]=67)
for service in "${!threshold[@]}"; do
  if ! systemd-analyze security --offline=yes --root="$root" --no-pager --threshold="${threshold[$service]}" \
    "$service.service" >"$root/report"; then
    cat "$root/report"
    failed=1
  fi
  tail -n 1 "$root/report"
done
exit "$failed"
