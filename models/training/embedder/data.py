"""Training data: aligned crops, the teacher's embeddings of them, synthetic faces.

`python3 data.py PACK WORK TEACHER.onnx [HELD_OUT]` reads PACK/labels.json and PACK/images and writes

    WORK/crops.u8     128 x 128 x 3 a face, RGB uint8, back to back (memory-mapped)
    WORK/index.json   group, picture, size in pixels and use (train or test) of every face
    WORK/targets.npy  the teacher's embedding, averaged over crop and mirror image, unit length [n, 128]

HELD_OUT is a folder written by cut-faces.mjs: pictures that show one of its frames or one of its people (to the
teacher's eye), and the pictures of the same shots, are left out.

A crop is ArcFace's 112 x 112 template with a margin of 8 pixels, so that it can be shifted, turned and scaled without
inventing pixels; its centre is what the teacher sees.
"""
import argparse
import json
import zlib

import cv2
import numpy as np
import torch

from onnx_network import OnnxNetwork, embed

cv2.setNumThreads(0)
SIDE, MARGIN = 112, 8
STORE = SIDE + 2 * MARGIN
MIN_FACE = 28  # shorter side of a box; smaller faces say too little to the teacher
TEST_SHARE = 10  # one WIDER picture in so many is never trained on: their people are in no other picture
SAME_FRAME = 0.9  # correlation of two thumbnails
SAME_SHOT = 0.8
SAME_PERSON = 0.5  # cosine of two teacher embeddings; strangers have more in 0.1 % of all pairs
TEMPLATE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
                     [70.7299, 92.2041]])


def similarity(points):
    """Least-squares rotation, scale and shift that takes five landmarks to the template, 2 x 3."""
    a, b = points - points.mean(0), TEMPLATE - TEMPLATE.mean(0)
    c = (a * b).sum() / (a ** 2).sum()
    s = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / (a ** 2).sum()
    m = np.array([[c, -s], [s, c]])
    return np.hstack([m, (TEMPLATE.mean(0) - m @ points.mean(0))[:, None]])


def align(picture, points):
    """BGR picture, landmarks [5, 2] -> crop [128, 128, 3], RGB."""
    m = similarity(points)
    scale = np.hypot(m[0, 0], m[1, 0])
    if scale < 0.7:  # large faces: reduced first, or pixels would be skipped
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        m = similarity((points + 0.5) * scale - 0.5)
    m[:, 2] += MARGIN
    return cv2.warpAffine(picture, m, (STORE, STORE), flags=cv2.INTER_LINEAR)[:, :, ::-1]


def centre(crops):
    return np.ascontiguousarray(crops[..., MARGIN:-MARGIN, MARGIN:-MARGIN, :])


def targets(teacher, crops):
    """The teacher's embeddings [n, 128] of crops and their mirror images, averaged."""
    seen = centre(crops)
    both = embed(teacher, seen) + embed(teacher, np.ascontiguousarray(seen[:, :, ::-1]))
    return torch.nn.functional.normalize(both).numpy()


def thumbnail(grey):
    """Unit vector: its product with another one is the correlation of the two pictures."""
    v = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    v -= v.mean()
    return v / max(np.linalg.norm(v), 1e-6)


def held_out_pictures(folder, teacher, thumbnails, embeddings, owners, groups):
    """Numbers of the pictures that must not be trained on, as a set."""
    frames = np.fromfile(f"{folder}/frames.u8", np.uint8).reshape(-1, 32, 32)
    faces = np.fromfile(f"{folder}/faces.u8", np.uint8).reshape(-1, SIDE, SIDE, 3)
    frames = np.stack([thumbnail(f) for f in frames])
    out = {int(i) for i in np.flatnonzero((thumbnails @ frames.T).max(1) > SAME_FRAME)}
    people = embed(teacher, faces).numpy()
    out |= {owners[i] for i in np.flatnonzero((embeddings @ people.T).max(1) > SAME_PERSON)}
    for step in (1, -1):  # to the end and to the beginning of each shot; frames of a film follow each other
        for i in range(1, len(thumbnails))[::step]:
            a, b = (i - 1, i)[::step]
            same = groups[a] == groups[b] != "wider" and thumbnails[a] @ thumbnails[b] > SAME_SHOT
            if same and a in out:
                out.add(b)
    return out


def build(pack, work, teacher_file, held_out=None):
    teacher = OnnxNetwork(teacher_file)
    with open(f"{pack}/labels.json") as f:
        pictures = json.load(f)
    crops, index, thumbnails = [], [], []
    for number, p in enumerate(pictures):
        picture = cv2.imread(f"{pack}/images/{p['file']}")
        thumbnails.append(thumbnail(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)))
        test = p["group"] == "wider" and zlib.crc32(p["file"].encode()) % TEST_SHARE == 0
        for face in p["faces"]:
            size = min(face["box"][2:])
            if face["landmarks"] and not face["ignore"] and size >= MIN_FACE:
                crops.append(align(picture, np.array(face["landmarks"]).reshape(5, 2)))
                index.append(dict(group=p["group"], picture=number, size=size, use="test" if test else "train"))
    crops = np.stack(crops)
    embeddings = targets(teacher, crops)
    owners = [e["picture"] for e in index]
    out = set()
    if held_out:
        groups = [p["group"] for p in pictures]
        out = held_out_pictures(held_out, teacher, np.stack(thumbnails), embeddings, owners, groups)
    keep = [i for i, owner in enumerate(owners) if owner not in out]
    crops[keep].tofile(f"{work}/crops.u8")
    np.save(f"{work}/targets.npy", embeddings[keep])
    with open(f"{work}/index.json", "w") as f:
        json.dump([index[i] for i in keep], f)
    print(len(out), "pictures held out;", len(keep), "of", len(index), "faces kept")
    for group in sorted({e["group"] for e in index}):
        uses = [index[i]["use"] for i in keep if index[i]["group"] == group]
        print(f"{group}: {uses.count('train')} to train on, {uses.count('test')} to test")


def load(work, use):
    """Index rows, crops [n, 128, 128, 3] and targets [n, 128] of the faces of one use."""
    with open(f"{work}/index.json") as f:
        index = json.load(f)
    crops = np.memmap(f"{work}/crops.u8", np.uint8, "r").reshape(len(index), STORE, STORE, 3)
    keep = [i for i, e in enumerate(index) if e["use"] == use]
    return [index[i] for i in keep], crops[keep], np.load(f"{work}/targets.npy")[keep]


def arguments():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("pack")
    ap.add_argument("work")
    ap.add_argument("teacher")
    ap.add_argument("held_out", nargs="?")
    return ap.parse_args()


if __name__ == "__main__":
    a = arguments()
    build(a.pack, a.work, a.teacher, a.held_out)
