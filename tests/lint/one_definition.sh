#!/usr/bin/env bash
# Fails when two headers define a type of the same name. In one namespace, as all but those of tools/
# are, a program that links both has one destructor for the two; no compiler and no linker says so.
set -euo pipefail
cd "$1"
definitions=$(grep -rnE '^(struct|class|enum class|union) \w+( final)?( :.*)? ?(\{.*)?$' --include='*.h' \
                core proposals backbone eval detector tools)
status=0
for name in $(sed -E 's/^[^:]+:[0-9]+:(struct|class|enum class|union) (\w+).*/\2/' <<<"$definitions" | sort | uniq -d); do
  grep -E ":(struct|class|enum class|union) $name\b" <<<"$definitions"
  echo "^^^ $name is defined twice"; status=1
done
exit $status
