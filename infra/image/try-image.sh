#!/usr/bin/env bash
# Runs the built image as its orchestrator would, without a container engine: no root, read-only root file system, one scratch
# volume. The demo's jobs go to it, then it is asked to stop. Run as root, after build-with-buildah.sh.
#   infra/image/try-image.sh [IMAGE_NAME]
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/node_modules/.bin:$PATH" STORAGE_DRIVER=${STORAGE_DRIVER:-vfs}
readonly IMAGE=${1:-clipping-worker:$(node -p "require('./package.json').version")}

work=$(mktemp -d)
container=$(buildah from --pull-never "$IMAGE")
root=$(buildah mount "$container")
worker=
# shellcheck disable=SC2317 # The trap calls it.
cleanup() {
  if [ -n "$worker" ]; then kill -KILL "$worker" 2> /dev/null || true; fi
  buildah umount "$container" > /dev/null
  buildah rm "$container" > /dev/null
  rm -r "$work"
}
trap cleanup EXIT

config() { buildah inspect --type image --format "$1" "$IMAGE"; }
user=$(config '{{.OCIv1.Config.User}}')
mapfile -t environment < <(config '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' | grep .)
mapfile -t command < <(config '{{range .OCIv1.Config.Entrypoint}}{{println .}}{{end}}{{range .OCIv1.Config.Cmd}}{{println .}}{{end}}' | grep .)
environment+=(
  HOME=/ AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo
  AWS_ENDPOINT_URL=http://127.0.0.1:4566 SQS_QUEUE_URL=http://127.0.0.1:4566/000000000000/detection-jobs
  S3_BUCKET=demo-videos CALLBACK_ALLOW_HOSTS=127.0.0.1 PORT=8000 METRICS_NAMESPACE=ClippingWorker/Try
  # It is not process 1 here, as it would be in a container.
  TINI_SUBREAPER=1
)

# shellcheck disable=SC2016 # The inner shell expands.
# In mounts of its own; every step replaces the one before, so that $! is the image's own process.
unshare --mount --propagation private bash -euc '
  root=$1 user=$2; shift 2
  mount --bind "$root" "$root"
  mount --bind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o "uid=${user%:*},gid=${user#*:},mode=0700,size=2g" tmpfs "$root/scratch"
  mount -o remount,bind,ro "$root"
  exec setpriv --no-new-privs chroot --userspec="$user" "$root" env -i --chdir=/app "$@"
' image "$root" "$user" "${environment[@]}" "${command[@]}" > "$work/log" &
worker=$!

inside() { nsenter --mount --target "$worker" chroot --userspec="$user" "$root" env -i --chdir=/app "${environment[@]}" "$@"; }

node demo/demo.ts --worker-url http://127.0.0.1:8000
echo
echo "Inside the image:"
echo "  user            $(inside id)"
echo "  processes of    $(ps -o uid= -p "$worker" --ppid "$worker" | sort -u | tr -d ' \n')"
echo "  ffmpeg          $(inside ffmpeg -version | head -n 1 | cut -d ' ' -f 1-3), node $(inside node --version)"
for path in /app/src/main.ts /app/models/new /etc/passwd /tmp/new; do
  if inside sh -c ": >> $path" 2> /dev/null; then echo "  WRITABLE        $path"; exit 1; fi
done
echo "  read-only       /app /etc /tmp; /scratch holds $(inside sh -c 'ls -A /scratch | wc -l') files after the jobs"
inside node infra/image/health-check.mjs && echo "  health check    passes"
curl --silent --fail http://127.0.0.1:8000/metrics > "$work/metrics"
echo "  metrics         $(grep -c '^clipping_worker' "$work/metrics") series, $(grep 'jobs_total{outcome="completed"}' "$work/metrics")"
if command -v promtool > /dev/null; then promtool check metrics < "$work/metrics" && echo "  promtool        no warning"; fi

kill -TERM "$worker"
status=0
wait "$worker" || status=$?
worker=
echo "  SIGTERM         exit code $status"
echo "  embedded        $(grep -c '"_aws"' "$work/log") lines of metrics in the log"
exit "$status"
