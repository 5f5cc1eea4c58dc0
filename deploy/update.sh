#!/bin/sh
# Replaces the organizers of compose.yml by new ones, of this checkout and of .env as it is now, one after the other:
# nobody is signed out, and no request is lost. If one does not come up, it ends there, and the other answers everybody:
# mend what is wrong, and run it again.
set -eu
cd "$(dirname "$0")/.."

# Gives nginx deploy/nginx.conf, edited so. It is read anew each time: an update that broke off leaves nothing in the next.
# Whom nginx is not to ask is left out, and not only marked as down: nginx takes no name of a container that does not run.
nginx() {
  docker compose exec -T nginx sh -c "sed '$1' /deploy/nginx.conf > /etc/nginx/nginx.conf && nginx -t -q && nginx -s reload"
}

answers() {
  docker compose exec -T nginx wget -q -T 3 -O /dev/null "http://$1:5000/healthz" 2> /dev/null
}

finish() {
  code=$?
  trap - EXIT
  if [ "$code" -ne 0 ]; then
    echo 'The update broke off.' >&2
    nginx '' || echo 'nginx goes on with those that run. Mend what is wrong, and run deploy/update.sh again.' >&2
  fi
  exit "$code"
}

docker compose build organizer-1 organizer-2
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
# Of two that do not both answer, the one that does stays until the other is there.
order='organizer-1 organizer-2'
answers organizer-2 || order='organizer-2 organizer-1'
for name in $order; do
  # First nobody is sent there any more; what is under way is answered before it stops.
  nginx "/server $name:5000/d"
  sleep 1
  docker compose up --detach --no-deps --wait "$name"
done
nginx ''
