#!/usr/bin/env bash
# run.sh <build directory>: packs that build as a .deb, installs it into an empty root, detects with what it brought, and
# proves that removing it leaves nothing.
set -euo pipefail
build=$1
source=$(cd "$(dirname "$0")/../.." && pwd)
command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null || { echo "skipped: needs dpkg-dev"; exit 0; }
fail() { echo "$1" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$work" && cpack --config "$build/CPackConfig.cmake" -B "$work" >/dev/null)
package=$(echo "$work"/deeper_*.deb)
[ -f "$package" ] || fail "cpack wrote no deeper_*.deb"
dpkg-deb --field "$package" Depends | grep -q libopencv || fail "the package does not depend on OpenCV"
largest=20000000
[ "$(stat -c %s "$package")" -le $largest ] || fail "the package has more than $largest bytes"

root=$work/root
mkdir -p "$root"/var/lib/dpkg/{info,updates} "$root"/var/log
touch "$root/var/lib/dpkg/status"
files() { (cd "$root" && find . -path ./var -prune -o -type f -print | sort); }
in_root() { dpkg --root="$root" --force-depends --force-not-root --force-script-chrootless "$@" >/dev/null 2>&1; }
in_root --install "$package"
[ "$(files | grep -c .)" -ge 5 ] || fail "expected program, model, manual and completions, found: $(files)"
for wanted in README.md CHANGELOG.md copyright docs/limits.md; do
  [ -s "$root/usr/share/doc/deeper/$wanted" ] || fail "the package lacks $wanted"
done
dpkg-deb --field "$package" Maintainer | grep -q '<.*@.*>' || fail "the package names no maintainer"

# From where it lies it finds its own model.
(cd "$work" && env -u DEEPER_MODELS "$root/usr/bin/deeper" detect "$source/docs/images/demo.jpg" --max-proposals 10 --output found)
[ -s "$work/found/detections.jsonl" ] || fail "the installed program wrote no detections"

in_root --purge deeper
[ -z "$(files)" ] || fail "left behind: $(files)"
