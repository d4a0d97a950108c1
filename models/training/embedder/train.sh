#!/bin/sh
# ./train.sh DATA_DIR WORK_DIR [MINUTES]: data -> network -> checked ONNX file, in one go.
# From the environment: TEACHER, the teacher's ONNX file; HELD_OUT, faces that must stay unseen; INIT, what to begin with.
set -eu
minutes=${3:-60} python=${PYTHON:-python3}
teacher=$(realpath "${TEACHER:?names the teacher: mobilefacenet.onnx, see README.md}")
init=${INIT-$(dirname "$0")/checkpoint.pt}
mkdir -p "$2/reference"
data=$(realpath "$1") work=$(realpath "$2") init=${init:+$(realpath "$init")} held_out=${HELD_OUT:+$(realpath "$HELD_OUT")}
cd "$(dirname "$0")"
export OMP_NUM_THREADS=1
[ -f "$work/index.json" ] || "$python" data.py "$data" "$work" "$teacher" ${held_out:+"$held_out"}
"$python" train.py "$work" "$teacher" --minutes "$minutes" --init "$init"
"$python" export.py "$work/final.pt" "$work/face-embedder.onnx" --reference "$work/reference"
node check.mjs "$work/face-embedder.onnx" "$work/reference"
