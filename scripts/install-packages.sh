#!/usr/bin/env bash
# install-packages.sh [tidy|cluster]: installs the Debian 12 packages that building and testing need and that are missing;
# with "tidy" those of static analysis and fuzzing as well, with "cluster" those that the tests of examples/cluster run.
# Says which. Does nothing when all are there. Needs root or sudo only
# when something is missing.
set -euo pipefail

packages=(
  # build
  g++ cmake ninja-build pkg-config
  # libraries: docs/dependencies.md says what each is for
  libopencv-dev libopencv-contrib-dev libdnnl-dev libeigen3-dev libopenblas-dev
  libboost-program-options-dev libboost-dev libtbb-dev libpugixml-dev nlohmann-json3-dev libfmt-dev
  libssl-dev libprotobuf-dev libturbojpeg0-dev libjpeg62-turbo-dev libexif-dev libpng-dev libgif-dev
  libwebp-dev libheif-dev libyaml-cpp-dev libfontconfig-dev fonts-dejavu-core fonts-droid-fallback
  # tests
  catch2 libbenchmark-dev liblinear-dev clang-format
)
case "${1:-}" in
  "") ;;
  tidy) packages+=(clang clang-tidy libomp-dev) ;;
  cluster) packages+=(parallel openmpi-bin slurm-wlm munge) ;;
  *)
    echo "install-packages.sh: expected nothing, 'tidy' or 'cluster', found '$1'" >&2
    exit 2
    ;;
esac

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "Installing with apt: ${missing[*]}" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "These packages are missing and neither root nor sudo is at hand; as root, run:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
