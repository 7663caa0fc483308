#!/usr/bin/env bash
# demo.sh <deeper program>: finds objects in the photographs of examples/photos and says what to try next.
set -euo pipefail
deeper=$(realpath "$1")
cd "$(dirname "$0")/.."
found=out/demo/found

"$deeper" detect examples/photos --output "$found" --model models/voc-fast.safetensors
cat <<END

Look at the drawings:  $PWD/$found/drawings/
The boxes as text:     $PWD/$found/detections.jsonl

Try next:
  export PATH="$(dirname "$deeper"):\$PATH"
  deeper detect YOUR-PICTURES/ --output found     your own photographs
  deeper train all --data examples/labelled --set train --output mine.safetensors
                                                  a detector of other classes, from twelve pictures
  deeper --help                                   what else there is
README.md and docs/tutorial.md go on from here.
END
