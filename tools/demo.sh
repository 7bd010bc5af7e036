#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# demo.sh: a simulated detector and the daemon on this machine, until Ctrl-C.
# A receiver, as it would run on another computer, prints the reduced runs that it gets.
#   DEMO_SECONDS=30  ends by itself      DEMO_CONFIG=FILE  another configuration      ANNULUS_BIN=FILE  another program
source "$(dirname "$0")/common.sh"

annulus=${ANNULUS_BIN:-build/release/annulus}
config=${DEMO_CONFIG:-configs/demo.yaml}
poni=configs/demo.poni
log=$(mktemp -d)
touch "$log/daemon" "$log/simulator" "$log/receiver"
daemon='' simulator='' receiver='' finished='' shown=0

end() {
  local process
  for process in $simulator $daemon $receiver; do
    kill -TERM "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$log"
}
trap end EXIT
# After Ctrl-C come an orderly stop and the summary. The two programs run in sessions of their own, out of its reach:
# to the daemon it would be the first stop signal, and ours the second, which ends it at once.
trap 'finished=yes' INT TERM

# The daemon's own lines, which say what went wrong, are all a user needs to see of a failure.
give_up() {
  cat "$log/daemon" >&2
  fail "$*"
}

# get PATH: what the daemon's web server answers; bash alone can ask.
get() {
  local port=${page##*:}
  exec 3<>"/dev/tcp/127.0.0.1/${port%/}" || return 1
  printf 'GET /%s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$1" >&3
  sed '1,/^\r*$/d' <&3
  exec 3>&-
}

# count STATE: frames received, reduced, written or published so far; nothing when the daemon has ended.
count() { get metrics 2>/dev/null | sed -n "s/^annulus_frames_$1_total //p"; }

# What the receiver has printed since the last call.
show_received() {
  tail -n "+$((shown + 1))" "$log/receiver" | sed 's/^/\r\x1b[K    received elsewhere: /'
  shown=$(wc -l <"$log/receiver")
}

seconds_since() { awk -v now="$(date +%s.%N)" -v then="$1" 'BEGIN { printf "%.1f", now - then }'; }

[[ -x $annulus ]] || fail "there is no $annulus (the program is not built). Run make demo"
endpoint=$(sed -n 's/.*connect: "\{0,1\}\(tcp:[^,"} ]*\).*/\1/p' "$config")

step "Starting the daemon: $annulus serve $config"
begun=$(date +%s.%N)
setsid "$annulus" serve "$config" 2>"$log/daemon" &
daemon=$!
page=''
until [[ -n $page ]]; do
  kill -0 $daemon 2>/dev/null || give_up "the daemon could not start"
  page=$(sed -n 's/.*page \(http.*\)/\1/p' "$log/daemon")
  sleep 0.05
done

published=$(sed -n 's/.*bind: "\{0,1\}tcp:\/\/\([^,"} ]*\).*/\1/p' "$config")
if [[ -x .venv/bin/python ]]; then
  step "Starting a receiver of the reduced runs: examples/receive_reduced_run.py $published (unmodified bluesky)"
  setsid .venv/bin/python examples/receive_reduced_run.py "$published" an >"$log/receiver" 2>&1 &
  receiver=$!
  until grep -q listening "$log/receiver"; do
    kill -0 $receiver 2>/dev/null || { cat "$log/receiver" >&2; give_up "the receiver could not start"; }
    sleep 0.05
  done
fi

step "Starting a simulated detector: CeO2 powder on a Pilatus 1M, 10 frames a second, Bluesky documents to $endpoint"
setsid "$annulus" simulate bluesky --bind "$endpoint" --prefix raw --image-key pilatus_image --poni "$poni" \
  --frames 100 --runs 1000 --rate 10 >"$log/simulator" 2>&1 &
simulator=$!

until (($(count reduced) > 0)) || [[ -n $finished ]]; do
  kill -0 $simulator 2>/dev/null || { cat "$log/simulator" >&2; give_up "the simulator ended"; }
  sleep 0.05
done
step "First reduced pattern $(seconds_since "$begun") s after the daemon's start"
step "Look at it:   $page"
step "Files:        $(sed -n 's/.*directory: \([^,} ]*\).*/\1/p' "$config" | xargs -I{} realpath "$(dirname "$config")/{}") (h5py, silx view, NeXpy; readable while written)"
step "Republished:  bluesky RemoteDispatcher('$published', prefix=b'an')"
if [[ -n ${DEMO_SECONDS:-} ]]; then
  step "Running for $DEMO_SECONDS s"
else
  step "Running until Ctrl-C"
fi

ends=$((SECONDS + ${DEMO_SECONDS:-1000000000}))
while [[ -z $finished ]] && ((SECONDS < ends)); do
  kill -0 $daemon 2>/dev/null || give_up "the daemon ended"
  show_received
  printf '\r    %s frames received, %s reduced, %s written, %s published ' \
    "$(count received)" "$(count reduced)" "$(count written)" "$(count published)"
  sleep 0.5 || true
done

show_received
printf '\n'
step "Stopping"
kill -TERM $simulator 2>/dev/null || true
wait $simulator 2>/dev/null || true
simulator=''
kill -TERM $daemon 2>/dev/null || true
status=0
wait $daemon || status=$?
daemon=''
show_received
((status == 0)) || give_up "the daemon ended with status $status"
step "Done. What each run came to:"
sed -n 's/.* info *\(run .* ends: .*\)/    \1/p' "$log/daemon"
