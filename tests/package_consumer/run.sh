#!/usr/bin/env bash
# run.sh <build directory> [train]: installs that build and proves that projects of their own can use the package: the
# consumer beside this file and examples/, whose detections are the program's; with "train", whose detector is the
# program's, byte for byte.
set -euo pipefail
build=$1
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
deeper=$build/tools/deeper
model=$source/models/voc-fast.safetensors  # the program's default
backbone=$source/models/voc.safetensors
picture=$source/docs/images/demo.jpg
export OPENBLAS_NUM_THREADS=1  # as the program has it

cmake --install "$build" --prefix "$work/prefix" >/dev/null
for project in "$here" "$source/examples"; do
  built=$work/$(basename "$project")
  cmake -S "$project" -B "$built" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release >/dev/null
  cmake --build "$built"
done
consumer=$work/package_consumer/consumer
cd "$work"

if [ "${2:-}" = train ]; then
  "$consumer" data data
  examples/train data "$backbone" library.safetensors 1
  "$deeper" train all --data voc:data --set train --backbone "$backbone" --steps 1 --output program.safetensors
  cmp library.safetensors program.safetensors
else
  "$consumer" functions
  "$deeper" detect "$picture" --output found --no-drawings
  "$consumer" same "$model" "$picture" found/detections.jsonl
  examples/detect "$model" "$picture" | head -n 3
fi
