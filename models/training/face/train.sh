#!/bin/sh
# ./train.sh DATA_DIR WORK_DIR [MINUTES]: data -> network -> calibrated ONNX file, in one go.
# From the environment: INIT, a checkpoint to begin with (random weights); LR and KEEP, as train.py has them; SHIFT, instead of a calibration.
set -eu
minutes=${3:-120} python=${PYTHON:-python3}
mkdir -p "$2/reference"
data=$(realpath "$1") work=$(realpath "$2") init=${INIT:+$(realpath "$INIT")}
cd "$(dirname "$0")"
export OMP_NUM_THREADS=1
[ -f "$work/index.json" ] || "$python" data.py "$data" "$work"
"$python" train.py "$work" --minutes "$minutes" ${init:+--init "$init"} ${LR:+--lr "$LR"} ${KEEP:+--keep "$KEEP"}
if [ -z "${SHIFT:-}" ]; then
  calibration=$("$python" calibrate.py "$work/final.pt" "$work")
  SHIFT=$(printf '%s\n' "$calibration" | sed -n 's/^--shift //p')
fi
"$python" export.py "$work/final.pt" "$work/face-detector.onnx" --shift "$SHIFT" --reference "$work/reference"
node check.mjs "$work/face-detector.onnx" "$work/reference"
