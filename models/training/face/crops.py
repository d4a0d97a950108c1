"""Random crops as plans: which stretch of which picture goes where in a batch, and the label rows that result.

A plan is a few small arrays, made on the CPU by worker processes; `render.py` draws it
on the device.  Every crop is one picture, or a collage of 2 x 2 or 3 x 3; every tile is
scaled, stretched, turned and mirrored on its own, in one step from the source.
"""
import json
import math

import numpy as np
import torch

MIN_FACE = 6.5  # faces smaller than this after scaling (root of the area, pixels) are neither face nor background
FLIP = [1, 0, 2, 4, 3]
WEIGHT = {"wider": 1.2, "video": 0.45, "extra": 1.8, "mot": 0.7, "img": 1.0}
HARD = 4.0  # how much likelier a face without landmarks is chosen to place a crop around it: YuNet did not see it
FOCUS = 0.6  # share of tiles placed around a face; the others show mostly background
TEST_SIZE = 640  # nominal long side of a picture at inference
COVERED = 0.03  # share of faces of which a part is covered
LEVELS = 4  # each picture is kept at full size, a half, a quarter and an eighth


class Plans(torch.utils.data.IterableDataset):
    """Endless plans of batches of about `pixels` pixels in square crops of one of `sizes`."""

    def __init__(self, work, sizes, pixels, p_collage, seed=(0,)):
        self.sizes, self.pixels, self.p_collage, self.seed = sizes, pixels, p_collage, seed
        with open(f"{work}/index.json") as f:
            index = json.load(f)
        self.rows = [np.array(e["rows"], np.float32).reshape(-1, 21) for e in index]
        self.wh = [(e["w"], e["h"]) for e in index]
        self.cum = np.cumsum([WEIGHT.get(e["group"], 1.0) for e in index])
        self.cum /= self.cum[-1]

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        g = np.random.default_rng((*self.seed, info.id if info else 0))
        while True:
            yield self.plan(g)

    def plan(self, g):
        """Dict of tensors: splits, tile tables, faces, ignored, covers (see `render.draw`)."""
        tiles, rows, splits, covers = [], [], [], []
        size = int(g.choice(self.sizes))
        batch = max(4, round(self.pixels / size ** 2))
        for b in range(batch):
            u = g.random()
            n = 1 if u > self.p_collage else 3 if u < 0.25 * self.p_collage else 2
            xs, ys = (self.cuts(g, n, size) for _ in "xy")
            splits.append((len(tiles), n, *self.padded(xs), *self.padded(ys)))
            found = []
            for y0, y1 in zip(ys, ys[1:]):
                for x0, x1 in zip(xs, xs[1:]):
                    tile, r = self.tile(g, (x0, y0, x1, y1), TEST_SIZE * (1, 0.7, 0.5)[n - 1])
                    tiles.append(tile)
                    found.append(r)
            r = np.concatenate(found)
            covers += self.covers(g, b, r, size, batch)
            rows.append(np.concatenate((np.full((len(r), 1), b, np.float32), r), 1))
        rows = np.concatenate(rows)
        plan = dict(size=np.array(size), splits=np.array(splits, np.float32), tiles=np.array(tiles, np.float64),
                    faces=rows[rows[:, 5] == 1], ignored=rows[rows[:, 5] == 0], covers=np.array(covers, np.int64).reshape(-1, 8))
        return {k: torch.as_tensor(v) for k, v in plan.items()}

    @staticmethod
    def cuts(g, n, size):
        inner = {1: (), 2: (g.uniform(0.3, 0.7),), 3: (g.uniform(0.25, 0.4), g.uniform(0.6, 0.75))}[n]
        return [0, *(int(size * x) for x in inner), size]

    @staticmethod
    def padded(cuts):
        return (*cuts[1:-1], 1e9, 1e9)[:2]

    def tile(self, g, rect, ref):
        """One tile: (picture, level, 2 x 3 matrix output -> source) and its label rows in the output."""
        i = min(int(np.searchsorted(self.cum, g.random())), len(self.rows) - 1)
        rows, (w, h) = self.rows[i], self.wh[i]
        x0, y0, x1, y1 = rect
        sx, sy, cx, cy = self.window(g, rows, w, h, x1 - x0, y1 - y0, ref)
        turn = math.radians(g.uniform(-45, 45)) if g.random() < 0.3 else 0.0
        mirror = g.random() < 0.5
        cos, sin = math.cos(turn), math.sin(turn)
        m = np.array([[cos, -sin], [sin, cos]]) @ np.diag([-sx if mirror else sx, sy])  # source -> output
        middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
        back = np.linalg.inv(m)
        matrix = np.concatenate((back, (np.array([cx, cy]) - back @ middle)[:, None]), 1)
        shrink = math.log2(max(1.0, 1 / math.sqrt(sx * sy)))
        level = int(shrink + g.random()) + (1 if g.random() < 0.06 else 0)  # now and then blurred as by enlargement
        return (i, min(LEVELS - 1, level), *matrix.ravel()), place(rows, m, middle - m @ (cx, cy), mirror, rect)

    @staticmethod
    def window(g, rows, w, h, ow, oh, ref):
        """Scale (sx, sy) and source centre (cx, cy) of a random ow x oh stretch."""
        faces = rows[rows[:, 4] == 1]
        focus, scale, margin = None, None, 0.1
        if len(faces) and g.random() < FOCUS:
            hard = np.where(faces[:, 20] > 0, 1.0, HARD)
            f = faces[min(int(np.searchsorted(np.cumsum(hard), g.random() * hard.sum())), len(faces) - 1)]
            focus = (f[0] + f[2]) / 2, (f[1] + f[3]) / 2
            if g.random() < 0.45:  # bring this face to a size drawn log-uniformly
                size = math.exp(g.uniform(math.log(9), math.log(0.9 * min(ow, oh))))
                scale = size / math.sqrt(max(1.0, (f[2] - f[0]) * (f[3] - f[1])))
                margin = min(0.45, max(0.1, 0.4 * size / min(ow, oh)))
        if scale is None:
            scale = ref / max(w, h) * math.exp(g.uniform(math.log(0.45), math.log(1.7)))
        # no crops that are mostly padding, no wild enlargement
        scale = min(max(scale, 0.12, g.uniform(0.6, 1.0) * min(ow / w, oh / h)), 2.5)
        stretch = math.exp(g.uniform(-0.12, 0.12))
        sx, sy = scale * stretch, scale / stretch
        centre = []
        for k, (extent, full) in enumerate(((ow / sx, w), (oh / sy, h))):
            lo, hi = min(0.0, full - extent), max(0.0, full - extent)
            at = g.uniform(lo, hi) if focus is None else focus[k] - extent * g.uniform(margin, 1 - margin)
            centre.append(min(max(at, lo), hi) + extent / 2)
        return sx, sy, *centre

    @staticmethod
    def covers(g, b, rows, size, batch):
        """Rectangles over parts of some faces: hats, hands, microphones, other people's shoulders.

        (picture, x0, y0, x1, y1, picture and corner the covering pixels are from)
        """
        out = []
        for f in rows[(rows[:, 4] == 1) & (rows[:, 3] - rows[:, 1] > 14)]:
            if g.random() > COVERED:
                continue
            w, h = f[2] - f[0], f[3] - f[1]
            side, part = g.choice(4, p=(0.5, 0.2, 0.15, 0.15)), g.uniform(0.15, 0.4)
            box = [f[0] - 0.2 * w, f[1] - 0.2 * h, f[2] + 0.2 * w, f[3] + 0.2 * h]
            box[(3, 1, 2, 0)[side]] = (f[1] + part * h, f[3] - part * h, f[0] + part * w, f[2] - part * w)[side]
            x0, y0, x1, y1 = (int(min(max(v, 0), size)) for v in box)
            if x1 - x0 > 1 and y1 - y0 > 1:
                out.append((b, x0, y0, x1, y1, int(g.integers(batch)),
                            int(g.integers(size - (x1 - x0) + 1)), int(g.integers(size - (y1 - y0) + 1))))
        return out


def place(rows, m, shift, mirror, rect):
    """Label rows carried by x -> m x + shift into the tile `rect`; cut-off and tiny faces become ignored.

    The box of a turned face is that of the ellipse inside the old one.
    """
    r = rows.copy()
    half = np.sqrt(((rows[:, 2:4] - rows[:, :2]) / 2) ** 2 @ (m.T ** 2))
    centre = (rows[:, :2] + rows[:, 2:4]) / 2 @ m.T + shift
    r[:, :2], r[:, 2:4] = centre - half, centre + half
    points = rows[:, 5:15].reshape(-1, 5, 2) @ m.T + shift
    r[:, 5:15] = (points[:, FLIP] if mirror else points).reshape(-1, 10)
    if mirror:
        r[:, 15:20] = r[:, 15:20][:, FLIP]
    area = (r[:, 2] - r[:, 0]) * (r[:, 3] - r[:, 1])
    x0, y0, x1, y1 = rect
    r[:, [0, 2]] = r[:, [0, 2]].clip(x0, x1)
    r[:, [1, 3]] = r[:, [1, 3]].clip(y0, y1)
    seen = (r[:, 2] - r[:, 0]) * (r[:, 3] - r[:, 1]) / np.maximum(area, 1e-6)
    r[(seen < 0.55) | (area < MIN_FACE ** 2), 4] = 0
    outside = (r[:, 5:15:2] < x0) | (r[:, 5:15:2] >= x1) | (r[:, 6:15:2] < y0) | (r[:, 6:15:2] >= y1)
    r[:, 15:20][outside] = 0
    return r[seen > 0.12]
