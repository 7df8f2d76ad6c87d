#!/usr/bin/env bash
# Makes the images of this folder: the desktop on the demo's data, in a window that nobody sees, drawn by
# Mesa's software Vulkan. Needs xvfb, xdotool, imagemagick and mesa-vulkan-drivers.
#
#   make.sh FOLDER-WITH-THE-PROGRAMS            makes them anew
#   make.sh FOLDER-WITH-THE-PROGRAMS compare    says of each what share of its pixels differs from what is
#                                               here; dates and ids differ always, so a few in a thousand do
set -euo pipefail
programs=$(cd "$1" && pwd)
mode=${2:-make}
cd "$(dirname "$0")"
kept=$PWD
scene=$(mktemp -d)
export DISPLAY=:93 WGPU_BACKEND=vulkan
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scene"' EXIT

cd "$scene"
"$programs/dataforge" demo --keep demo >/dev/null
Xvfb "$DISPLAY" -screen 0 1600x1000x24 -nolisten tcp >/dev/null 2>&1 &
sleep 2
"$programs/dataforge-gui" --dir demo/ada 2>/dev/null &
window=$(xdotool search --sync --onlyvisible --name '^DataForge' | head -n 1)
xdotool windowsize "$window" 1600 1000 windowmove "$window" 0 0
xdotool windowfocus --sync "$window"
xdotool mousemove 1599 970
sleep 6

# Does a command, or opens a view, by its name in the palette.
palette() {
  xdotool key ctrl+k
  sleep 1
  xdotool type --delay 15 "$1"
  sleep 1
  xdotool key Return
  sleep "${2:-4}"
}

# What differs by one shade, as a dithered ground does, is one colour.
shoot() {
  import -window root whole.png
  convert whole.png -blur 0x0.5 -resize 1280x +dither -colors 96 -strip -define png:compression-level=9 "PNG8:$1.png"
  if [ "$mode" = compare ]; then
    differing=$(compare -metric AE -fuzz 8% "$1.png" "$kept/$1.png" null: 2>&1 || true)
    awk -v name="$1" -v count="$differing" 'BEGIN { printf "%-10s %5.2f %%\n", name, count / (1280 * 800) * 100 }'
  else
    mv "$1.png" "$kept/$1.png"
  fi
}

shoot home
xdotool key Down
sleep 3
shoot well
palette "Open the log of the well" 6
shoot log
palette "Open the samples of the selected run"
shoot samples
palette "Open the coverage of the selected well"
shoot coverage
palette "Open the SQL browser"
xdotool key ctrl+space
shoot sql
palette "Storage"
shoot storage
