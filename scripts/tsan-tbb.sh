#!/usr/bin/env bash
# tsan-tbb.sh DIRECTORY: builds Debian's oneTBB with ThreadSanitizer in DIRECTORY, once, and prints the directory of the
# library. Without it the sanitizer sees none of the waiting that orders our threads, and reports races that are none.
# Fetches the source with apt-get, which needs the network but no root.
set -euo pipefail
mkdir -p "$1"
cd "$1"
if [ ! -e lib/libtbb.so.12 ]; then
  mkdir -p lists source
  cat >sources.list <<'LIST'
deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main
LIST
  options=(-o "Dir::Etc::SourceList=$PWD/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$PWD/lists")
  apt-get "${options[@]}" update >&2
  (cd source && apt-get "${options[@]}" source --download-only onetbb >&2 && tar xf onetbb_*.orig.tar.xz)
  cmake -S source/oneTBB-* -B build -G Ninja -D CMAKE_BUILD_TYPE=RelWithDebInfo -D TBB_SANITIZE=thread -D TBB_STRICT=OFF \
    -D TBB_TEST=OFF -D TBBMALLOC_BUILD=OFF >&2
  cmake --build build --target tbb >&2
  mkdir -p lib
  cp -P build/*/libtbb.so* lib/
fi
echo "$PWD/lib"
