"""Checkpoint -> ONNX (opset 17, dynamic batch).

    python3 export.py CHECKPOINT OUT.onnx [--reference FOLDER]

--reference writes outputs of PyTorch for `node check.mjs OUT.onnx FOLDER`.
"""
import argparse
import warnings

import numpy as np
import onnx
import torch

from model import fold
from train import load

BATCHES = (1, 3, 8)


def reference(net, folder):
    """Outputs for the pseudo-random faces that check.mjs makes as well."""
    for b in BATCHES:
        x = (np.arange(b * 3 * 112 * 112, dtype=np.uint64) * 2654435761 % 2 ** 32 / 2 ** 32).astype(np.float32)
        with torch.no_grad():
            net(torch.from_numpy(x.reshape(b, 3, 112, 112))).numpy().tofile(f"{folder}/{b}.f32")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("checkpoint")
    ap.add_argument("out")
    ap.add_argument("--reference")
    a = ap.parse_args()
    net, saved = load(a.checkpoint)
    if a.reference:
        reference(net, a.reference)
    axes = {"images": {0: "batch"}, "embedding": {0: "batch"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(fold(net), (torch.rand(2, 3, 112, 112),), a.out, opset_version=17,
                          input_names=["images"], output_names=["embedding"], dynamic_axes=axes)
    model = onnx.load(a.out)
    meta = dict(description="compact face embedding network", steps=str(saved["steps"]))
    for k, v in meta.items():
        model.metadata_props.add(key=k, value=v)
    onnx.checker.check_model(model)
    onnx.save(model, a.out)
    print(a.out, "after", saved["steps"], "steps")


if __name__ == "__main__":
    main()
