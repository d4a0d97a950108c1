#!/usr/bin/env bash
# Builds the image without a Docker engine, and says what is in it. Run as root in the repository, on Debian:
#   apt-get install --yes --no-install-recommends buildah debootstrap
#   infra/image/build-with-buildah.sh [IMAGE_NAME]
set -euo pipefail
cd "$(dirname "$0")/../.."
# The project's own Node.js, not the system's.
export PATH="$PWD/node_modules/.bin:$PATH"
# Both work inside containers too, where overlay mounts and user namespaces often do not.
export STORAGE_DRIVER=${STORAGE_DRIVER:-vfs} BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}
readonly BASE=docker.io/library/node:24-bookworm-slim
version=$(node -p "require('./package.json').version")
readonly IMAGE=${1:-clipping-worker:$version}

if ! buildah inspect --type image "$BASE" > /dev/null 2>&1 && ! buildah pull --quiet "$BASE"; then
  echo "No registry answers: making a base image of Debian packages instead of $BASE"
  infra/image/make-base.sh "$BASE"
fi

# The certificates this machine trusts, for the packages' download alone.
certificates=/etc/ssl/certs/ca-certificates.crt
secrets=()
if [ -f "$certificates" ]; then secrets=(--secret "id=certificates,src=$certificates"); fi

revision=$(git rev-parse --short HEAD)
buildah build --pull-never --layers --format docker --tag "$IMAGE" "${secrets[@]}" \
  --build-arg "VERSION=$version" \
  --build-arg "REVISION=$revision" \
  --build-arg "CREATED=$(date --utc --date="@$(git log -1 --format=%ct)" +%Y-%m-%dT%H:%M:%SZ)" \
  .

work=$(mktemp -d)
container=$(buildah from --pull-never "$IMAGE")
root=$(buildah mount "$container")
trap 'buildah umount "$container" > /dev/null; buildah rm "$container" > /dev/null; rm -r "$work"' EXIT
buildah push --quiet "$IMAGE" "oci:$work/oci"
echo
echo "$IMAGE: user $(buildah inspect --type image --format '{{.OCIv1.Config.User}}' "$IMAGE"), $(du --summarize --block-size=MB "$root" | cut -f1) on disk. What each layer adds to a pull:"
node infra/image/layer-sizes.mjs "$work/oci"
echo "The largest parts, on disk:"
for part in usr/local/bin/node usr/lib app/node_modules app/node_modules/onnxruntime-node app/node_modules/@mediapipe app/models; do
  du --summarize --block-size=MB "$root/$part" | sed "s#$root##"
done
