"""Best-F1 confidence on training pictures, and the logit shift that makes it read 0.5.

    python3 calibrate.py CHECKPOINT WORK [STEP]

Counts faces higher than 4 % of the picture; IoU 0.5; pictures at 640.
"""
import argparse
import json
import sys

import cv2
import numpy as np
import torch

from export import load
from loss import pair_iou
from model import ExportModel, fuse

SIZE, FLOOR = 640, 0.05


def letterbox(im):
    """Centred on grey with the long side at SIZE: (picture, scale, x0, y0)."""
    r = SIZE / max(im.shape[:2])
    h, w = round(im.shape[0] * r), round(im.shape[1] * r)
    y0, x0 = (SIZE - h) // 2, (SIZE - w) // 2
    out = np.full((SIZE, SIZE, 3), 114, np.uint8)
    out[y0:y0 + h, x0:x0 + w] = cv2.resize(im, (w, h))
    return out, r, x0, y0


def nms(box, score, limit=0.5):
    order, keep = score.argsort(descending=True).tolist(), []
    iou = pair_iou(box, box)
    while order:
        i = order.pop(0)
        keep.append(i)
        order = [j for j in order if iou[i, j] <= limit]
    return keep


def detect(net, im):
    """Boxes [n, 4] in pixels of `im` and confidences, best first."""
    x, r, x0, y0 = letterbox(im)
    with torch.no_grad():
        y = net(torch.from_numpy(x[None, :, :, ::-1].transpose(0, 3, 1, 2).copy()).float() / 255)[0].T
    y = y[y[:, 4] > FLOOR]
    box = torch.cat((y[:, :2] - y[:, 2:4] / 2, y[:, :2] + y[:, 2:4] / 2), 1)
    keep = nms(box, y[:, 4])
    return (box[keep] - torch.tensor([x0, y0, x0, y0])) / r, y[keep, 4]


def judge(box, rows, low):
    """Per detection, best first: 1 right, 0 wrong, None not counted."""
    used, out = set(), []
    for b in box:
        if b[3] - b[1] < low:
            out.append(None)
            continue
        iou = pair_iou(b[None], rows[:, :4])[0]
        j = int(iou.argmax()) if len(iou) else -1
        if j >= 0 and iou[j] >= 0.5:
            counted = rows[j, 4] == 1 and rows[j, 3] - rows[j, 1] > low
            out.append(int(j not in used) if counted else None)
            used.add(j)
        else:
            out.append(None if len(iou) and (iou[rows[:, 4] == 0] > 0.2).any() else 0)
    return out


def main(checkpoint, work, step):
    torch.set_num_threads(1)
    net = ExportModel(fuse(load(checkpoint)[0])).eval()
    pixels, total, found = np.memmap(f"{work}/cache.i32", np.int32, "r"), 0, []
    with open(f"{work}/index.json") as f:
        index = json.load(f)
    for e in index[::step]:
        rows, low = torch.tensor(e["rows"]).reshape(-1, 21), 0.04 * e["h"]
        packed = pixels[e["offs"][0]:e["offs"][0] + e["h"] * e["w"]].reshape(e["h"], e["w"])
        box, score = detect(net, np.stack([packed >> s & 255 for s in (16, 8, 0)], 2).astype(np.uint8))
        total += int(((rows[:, 4] == 1) & (rows[:, 3] - rows[:, 1] > low)).sum())
        found += [(float(s), ok) for s, ok in zip(score, judge(box, rows, low)) if ok is not None]
    if not found:
        sys.exit(f"{checkpoint} finds no face to calibrate it by: train it for longer")
    found.sort(reverse=True)
    conf, right = np.array(found).T
    tp = right.cumsum()
    precision, recall = tp / np.arange(1, len(tp) + 1), tp / total
    f1 = 2 * precision * recall / (precision + recall + 1e-9)
    i = int(f1.argmax())
    print(f"{total} faces: best F1 {f1[i]:.3f} at confidence {conf[i]:.3f}, precision {precision[i]:.3f}, recall {recall[i]:.3f}")
    print(f"--shift {np.log((1 - conf[i]) / conf[i]):.2f}")


def arguments():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("checkpoint")
    ap.add_argument("work")
    ap.add_argument("step", nargs="?", type=int, default=9, help="every STEP-th picture is looked at (default 9)")
    return ap.parse_args()


if __name__ == "__main__":
    a = arguments()
    main(a.checkpoint, a.work, a.step)
