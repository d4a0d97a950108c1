#!/usr/bin/env bash
# Builds the worker's own ffmpeg: Debian's sources, with Debian's security fixes, and in them only what `src/media/input-options.ts`
# lets a stranger's file reach. One program of 8 MB that starts in 2 ms stands for 220 packages that start in 110, twice a job.
# Run as root on Debian:
#   infra/image/build-ffmpeg.sh FILE
set -euo pipefail
readonly OUT=$(realpath "${1:?usage: build-ffmpeg.sh FILE}")

# What these need in turn, configure adds itself.
readonly DECODERS=h264,hevc,vp8,vp9,libdav1d,mpeg4,mpeg2video,mpeg1video,h263,flv,mjpeg,prores,dnxhd,vc1,wmv3
readonly FILTERS=select,sidedata,showinfo,split,trim,nullsink,scale,format,transpose,hflip,vflip,rotate,null
# Pictures as they are, pictures for nobody, and the list of packets.
readonly MUXERS=rawvideo,null,framecrc
readonly ENCODERS=rawvideo,wrapped_avframe

work=$(mktemp -d)
trap 'rm -rf "$work" /etc/apt/sources.list.d/ffmpeg-source.*' EXIT
# The sources of the packages this Debian takes its programs from, in whichever of two ways it names them.
cd /etc/apt
if [ -f sources.list.d/debian.sources ]; then
  sed 's/^Types:.*/Types: deb-src/' sources.list.d/debian.sources > sources.list.d/ffmpeg-source.sources
else
  sed -n 's/^deb /deb-src /p' sources.list > sources.list.d/ffmpeg-source.list
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends dpkg-dev gcc libc6-dev libdav1d-dev make nasm pkg-config zlib1g-dev

cd "$work"
apt-get source --only-source ffmpeg
cd ffmpeg-*/
# Hardened, for strangers' files, by the flags Debian uses today; `--toolchain=hardened` would guard each function, even those without
# an array, and cost 5 %. All demultiplexers, so that a container no file may have is told from damage; all parsers, which tell what else is in a
# file without decoding it.
./configure \
  --extra-version="$(dpkg-parsechangelog --show-field Version | sed 's/.*-//')" --enable-pic \
  --extra-cflags='-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE' --extra-ldexeflags='-pie -Wl,-z,relro,-z,now' \
  --disable-everything --disable-autodetect --disable-doc --disable-debug --disable-network \
  --disable-ffplay --disable-ffprobe --disable-avdevice --disable-postproc --disable-swresample \
  --enable-zlib --enable-libdav1d --enable-protocol=file,pipe --enable-demuxers --enable-parsers \
  --enable-decoder="$DECODERS" --enable-filter="$FILTERS" --enable-muxer="$MUXERS" --enable-encoder="$ENCODERS"
make --jobs="$(nproc)"
install -m 0755 ffmpeg "$OUT"
"$OUT" -hide_banner -version | head -n 1
