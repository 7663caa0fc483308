#!/usr/bin/env bash
# demo.sh <deeper program>: finds objects in public-domain photographs of Debian's python3-skimage package, which is
# downloaded and unpacked, not installed.
set -euo pipefail
deeper=$(realpath "$1")
cd "$(dirname "$0")/.."
pictures=out/demo/pictures
found=out/demo/found

if [ ! -d "$pictures" ]; then
  echo "Fetching photographs from Debian's python3-skimage package ..." >&2
  unpacked=$(mktemp -d)
  trap 'rm -rf "$unpacked"' EXIT
  (cd "$unpacked" && { apt-get download -qq python3-skimage 2>/dev/null ||
      { echo "cannot download python3-skimage; run 'apt-get update' and try again" >&2; exit 1; }; } &&
    dpkg-deb -x python3-skimage_*.deb .)
  mkdir -p "$pictures.part"
  for name in astronaut.png chelsea.png coffee.png motorcycle_left.png; do
    cp "$unpacked/usr/lib/python3/dist-packages/skimage/data/$name" "$pictures.part/"
  done
  mv "$pictures.part" "$pictures"
fi

"$deeper" detect "$pictures" --output "$found" --model models/voc-fast.safetensors
echo
echo "Look at the drawings:  $PWD/$found/drawings/"
echo "The boxes as text:     $PWD/$found/detections.jsonl"
