#!/bin/sh
# Flash, RAM and stack frames of the device images against size-budget.txt; exit code 1 when one is
# exceeded. A frame counts when its function is in the image.
#   [LABEL=+model] size_report.sh BUILD_DIR TOOL_PREFIX BUDGET BOARD...
set -eu
build=$1 tools=$2 budget=$3 label=${LABEL:-}
shift 3
for board in "$@"; do
  elf=$build/$board/fqt-device.elf
  "${tools}size" "$elf" | awk -v b="$board$label" 'NR == 2 {print "image", b, $1 + $2, $2 + $3}'
  "${tools}nm" "$elf" | awk -v b="$board$label" '$2 ~ /[tTwW]/ {sub(/\..*/, "", $3); print "linked", b, $3}'
  # file:line:column:function <tab> bytes <tab> static | dynamic | dynamic,bounded
  find "$build/$board" -path "$build/$board/test" -prune -o -path "$build/$board/variant_*" -prune \
    -o -name '*.su' -exec cat {} + |
    awk -v b="$board$label" '{n = split($1, part, ":"); f = part[n]; sub(/\..*/, "", f); print "frame", b, f, $2, $3}'
done | awk '
  function problem(text) { problems[++count] = text }
  FILENAME != "-" {
    sub(/#.*/, "")
    if ($1 == "image") { flash[$2] = $3; ram[$2] = $4 }
    if ($1 == "function") limit[$2] = $3
    next
  }
  $1 == "image" {
    printf "%-18s flash %6d of %6d, RAM %6d of %6d bytes\n", $2, $3, flash[$2], $4, ram[$2]
    if (!($2 in flash)) problem($2 " has no line in the budget")
    if (($2 in flash) && $3 > flash[$2]) problem($2 ": flash exceeds its budget by " $3 - flash[$2] " bytes")
    if (($2 in flash) && $4 > ram[$2]) problem($2 ": RAM exceeds its budget by " $4 - ram[$2] " bytes")
  }
  $1 == "linked" { linked[$2, $3] = 1 }
  $1 == "frame" && ($2, $3) in linked {
    if ($5 == "dynamic") problem($2 ": the stack of " $3 " has no bound")
    if ($4 > frame[$3]) { frame[$3] = $4; worst[$3] = $2 }
  }
  END {
    for (f in frame) {
      allowed = (f in limit) ? limit[f] : limit["*"]
      if (frame[f] > limit["*"]) print "frame    " frame[f] " of " allowed " bytes: " f | "sort -k2nr"
      if (frame[f] > allowed)
        problem(worst[f] ": the stack frame of " f " is " frame[f] " bytes, budget " allowed)
    }
    close("sort -k2nr")
    for (f in limit) if (f != "*" && !(f in frame)) print "note: " f " has a budget and is in no image"
    for (i = 1; i <= count; i++) print "size budget: " problems[i]
    if (count > 0) print "size budget: make it smaller, or change size-budget.txt and say why in the commit"
    exit count > 0
  }' "$budget" -
