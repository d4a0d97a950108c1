#!/bin/sh
# ./train.sh DATA_DIR WORK_DIR [MINUTES]: data -> network -> checked ONNX file, in one go.
# From the environment: TEACHER, the teacher's ONNX file; HELD_OUT, faces that must stay unseen; INIT, what to begin with.
set -eu
cd "$(dirname "$0")"
data=$1 work=$2 minutes=${3:-60} python=${PYTHON:-python3}
teacher=${TEACHER:?names the teacher: mobilefacenet.onnx, see README.md}
mkdir -p "$work/reference"
export OMP_NUM_THREADS=1
[ -f "$work/index.json" ] || "$python" data.py "$data" "$work" "$teacher" ${HELD_OUT:+"$HELD_OUT"}
"$python" train.py "$work" "$teacher" --minutes "$minutes" --init "${INIT-checkpoint.pt}"
"$python" export.py "$work/final.pt" "$work/face-embedder.onnx" --reference "$work/reference"
node check.mjs "$work/face-embedder.onnx" "$work/reference"
