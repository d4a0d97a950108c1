"""How well embedders tell people apart, on faces cut by cut-faces.mjs.

    python3 evaluate.py FACES TEACHER.onnx EMBEDDER.onnx... [--strangers FACES]

FACES are videos in which it is known who is who: from a table (`person` in faces.json), because a video shows one person
only (ALONE), or because as many people as there are sit side by side in every frame (IN_ROW).  --strangers are pictures
that have no person in common: they give the similarities of strangers by size, and how well the teacher is imitated.
"""
import argparse
import json

import numpy as np

from data import SIDE
from onnx_network import OnnxNetwork, embed

ALONE = ("fsgan-conan_obrien", "jiho-foreigner_interview", "liveportrait-s20")
IN_ROW = {"sharjeel-test": 4, "den250400-interview": 2}
SAME_ON_BOTH = {"fsgan-conan_obrien": "cuts-ABACBA-4s A"}  # one person in two videos
DISTANCES = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
SIZES = ((16, 28), (28, 50), (50, 10000))  # pixels


def read(folder):
    with open(f"{folder}/faces.json") as f:
        rows = json.load(f)
    return rows, np.fromfile(f"{folder}/faces.u8", np.uint8).reshape(-1, SIDE, SIDE, 3)


def people(rows):
    """Who each face is, over all videos; None where that is not known."""
    names = []
    for i, r in enumerate(rows):
        video = r["source"].rsplit(".", 1)[0]
        frame = [k for k, q in enumerate(rows) if q["source"] == r["source"] and q["time"] == r["time"]]
        if r["person"]:
            names.append(f"{video} {r['person']}")
        elif video in ALONE and len(frame) == 1:
            names.append(SAME_ON_BOTH.get(video, video))
        elif video in IN_ROW and len(frame) == IN_ROW[video]:
            names.append(f"{video} {sorted(frame, key=lambda k: rows[k]['x']).index(i)}")
        else:
            names.append(None)
    return np.array(names, object)


def auc(scores, same):
    """Chance that a pair of one person is more similar than a pair of two."""
    ranks = np.empty(len(scores))
    ranks[scores.argsort()] = np.arange(1, len(scores) + 1)
    n = same.sum()
    return (ranks[same].sum() - n * (n + 1) / 2) / (n * (~same).sum())


def pairs(vectors, names):
    i, j = np.triu_indices(len(names), 1)
    return (vectors @ vectors.T)[i, j], names[i] == names[j]


def accepted(scores):
    return " ".join(f"{(scores > 1 - d).mean():.3f}" for d in DISTANCES)


def report(label, scores, same):
    limit = np.quantile(scores[~same], 0.99)
    print(f"  {label}: AUC {auc(scores, same):.4f}, {same.sum()} + {(~same).sum()} pairs")
    print(f"    at 1 % false accepts {(scores[same] > limit).mean():.3f}")
    for who, mine in (("one person", same), ("strangers", ~same)):
        print(f"    {who:10s} median cosine {np.median(scores[mine]):5.2f}, accepted {accepted(scores[mine])}")


def evenly(names):
    """Numbers of about 26 faces of each person: the longest video would else be most of all pairs."""
    mine = (np.flatnonzero(names == name) for name in sorted(set(names)))
    return np.concatenate([ids[::max(1, len(ids) // 26)] for ids in mine])


def strangers(folder, network, teacher):
    rows, crops = read(folder)
    width, picture = np.array([r["width"] for r in rows]), np.array([r["source"] for r in rows])
    vectors, wanted = embed(network, crops).numpy(), embed(teacher, crops).numpy()
    for low, high in SIZES:
        mine = (width >= low) & (width < high)
        scores, same_picture = pairs(vectors[mine], picture[mine])
        scores = scores[~same_picture]
        print(f"  strangers, {low} <= width < {high}, {mine.sum()} faces: cosine to the teacher "
              f"{(vectors * wanted)[mine].sum(1).mean():.3f}, median cosine {np.median(scores):.3f}, accepted {accepted(scores)}")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("faces")
    ap.add_argument("teacher")
    ap.add_argument("models", nargs="*")
    ap.add_argument("--strangers")
    a = ap.parse_args()
    rows, crops = read(a.faces)
    names = people(rows)
    known = np.array([name is not None for name in names])
    names, crops = names[known], crops[known]
    videos = np.array([r["source"] for r in rows])[known]
    teacher, even = OnnxNetwork(a.teacher), evenly(names)
    print("accepted: share of pairs at cosine distances of", *DISTANCES)
    for path in (a.teacher, *a.models):
        print(path)
        network = OnnxNetwork(path)
        vectors = embed(network, crops).numpy()
        for video in sorted(set(videos)):
            if len(set(names[videos == video])) > 1:
                report(video, *pairs(vectors[videos == video], names[videos == video]))
        report("all videos together", *pairs(vectors[even], names[even]))
        if a.strangers:
            strangers(a.strangers, network, teacher)


if __name__ == "__main__":
    main()
