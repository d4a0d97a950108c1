#!/usr/bin/env bash
# Makes a stand-in for docker.io/library/node:24-bookworm-slim where no registry can be reached: Debian's own packages, and
# the Node.js binary that the project pins. Debian and npm are all it needs. Run as root.
set -euo pipefail
readonly NAME=${1:?usage: make-base.sh IMAGE_NAME}
arch=$(dpkg --print-architecture)
case $arch in
  amd64) node_arch=x64 ;;
  arm64) node_arch=arm64 ;;
  *) echo "there is no Node.js package for $arch" >&2; exit 1 ;;
esac
version=$(node -p "require('$PWD/tools/local-node/package.json').version")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

debootstrap --variant=minbase --include=ca-certificates bookworm "$work/rootfs" http://deb.debian.org/debian
cat > "$work/rootfs/etc/apt/sources.list" <<SOURCES
deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
SOURCES
# What the official slim image leaves out as well, now and in what is installed later.
cat > "$work/rootfs/etc/dpkg/dpkg.cfg.d/docker" <<EXCLUDED
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
EXCLUDED
rm -rf "$work"/rootfs/var/cache/apt/archives/*.deb "$work"/rootfs/var/lib/apt/lists/* \
  "$work"/rootfs/usr/share/{doc,man,info,locale}/*

npm pack --silent --pack-destination "$work" "node-linux-$node_arch@$version"
tar -xzf "$work"/node-linux-*.tgz -C "$work" package/bin/node
install -m 0755 "$work/package/bin/node" "$work/rootfs/usr/local/bin/node"
npm pack --silent --pack-destination "$work" npm
mkdir -p "$work/rootfs/usr/local/lib/node_modules/npm"
tar -xzf "$work"/npm-*.tgz -C "$work/rootfs/usr/local/lib/node_modules/npm" --strip-components=1
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/rootfs/usr/local/bin/npm"
chroot "$work/rootfs" sh -c 'groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node'

container=$(buildah from scratch)
buildah copy --quiet "$container" "$work/rootfs" / > /dev/null
buildah config --cmd node --env "NODE_VERSION=$version" \
  --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
buildah commit --quiet --rm "$container" "$NAME"
