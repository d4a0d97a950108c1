#!/bin/sh
# ./train.sh DATA_DIR WORK_DIR [MINUTES]: data -> network -> calibrated ONNX file, in one go.
set -eu
cd "$(dirname "$0")"
data=$1 work=$2 minutes=${3:-120} python=${PYTHON:-python3}
mkdir -p "$work/reference"
export OMP_NUM_THREADS=1
[ -f "$work/index.json" ] || "$python" data.py "$data" "$work"
"$python" train.py "$work" --minutes "$minutes"
shift_by=$("$python" calibrate.py "$work/final.pt" "$work" | sed -n 's/^--shift //p')
"$python" export.py "$work/final.pt" "$work/face-detector.onnx" --shift "$shift_by" --reference "$work/reference"
node check.mjs "$work/face-detector.onnx" "$work/reference"
