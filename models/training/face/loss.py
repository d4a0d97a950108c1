"""Target assignment and losses of a whole batch at once, without a loop over pictures."""
import math

import torch
import torch.nn.functional as F

from model import KPT_SCALE, STRIDES

TOPK, ALPHA, BETA = 10, 0.5, 6.0
RANGES = {8: (0.0, 56.0), 16: (28.0, 160.0), 32: (88.0, 1e9)}  # face sizes a level may own


def grid(shapes, device):
    """Cell centres [N, 2] in pixels and strides [N] for a list of map shapes."""
    points, strides = [], []
    for (h, w), s in zip(shapes, STRIDES):
        y, x = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
        points.append(torch.stack((x, y), -1).view(-1, 2) * s)
        strides.append(torch.full((h * w,), float(s)))
    return torch.cat(points).to(device), torch.cat(strides).to(device)


def corners(a):
    return a[..., :2], a[..., 2:4]


def iou(a, b):
    """IoU of boxes x1 y1 x2 y2 whose leading dimensions broadcast."""
    (a0, a1), (b0, b1) = corners(a), corners(b)
    inter = (torch.minimum(a1, b1) - torch.maximum(a0, b0)).clamp(min=0).prod(-1)
    return inter / ((a1 - a0).prod(-1) + (b1 - b0).prod(-1) - inter + 1e-9)


def pair_iou(a, b):
    return iou(a[:, None], b[None])


def ciou(p, t):
    """Complete IoU of aligned boxes [n, 4]."""
    (p0, p1), (t0, t1) = corners(p), corners(t)
    overlap = iou(p, t)
    pw, tw = (p1 - p0).clamp(min=1e-3), (t1 - t0).clamp(min=1e-3)
    hull = (torch.maximum(p1, t1) - torch.minimum(p0, t0)).pow(2).sum(-1) + 1e-9
    dist = ((p0 + p1 - t0 - t1) / 2).pow(2).sum(-1)
    v = (4 / math.pi ** 2) * (torch.atan(tw[:, 0] / tw[:, 1]) - torch.atan(pw[:, 0] / pw[:, 1])).pow(2)
    with torch.no_grad():
        a = v / (1 - overlap + v + 1e-7)
    return overlap - dist / hull - a * v


@torch.no_grad()
def aligned(score, box, points, strides, faces):
    """Task-aligned assignment: per face its best cells [G, K], how well each fits, and its soft target.

    `score` [G, N] and `box` [G, N, 4] are the predictions of the picture each face is in.
    """
    centre, half = (faces[:, :2] + faces[:, 2:4]) / 2, (faces[:, 2:4] - faces[:, :2]) / 2
    half = half.clamp(min=6.0)  # every face owns at least one stride-8 cell
    inside = ((points[None] - centre[:, None]).abs() < half[:, None]).all(2)
    fit = iou(faces[:, None, :4], box)
    # a prior on the centre breaks ties while predictions are poor
    away = (points[None] - centre[:, None]).pow(2).sum(2).sqrt() / strides[None]
    metric = inside * (score ** ALPHA * fit ** BETA + 1e-9 / (1 + away))
    top, cells = metric.topk(min(TOPK, metric.shape[1]), 1)
    fit, valid = fit.gather(1, cells), top > 0
    m, i = top * valid, fit * valid
    soft = m / (m.amax(1, keepdim=True) + 1e-12) * i.amax(1, keepdim=True)
    return cells, torch.where(valid, fit + 1e-6, fit.new_full((), -1.0)), soft.clamp(0, 1)


@torch.no_grad()
def static(score, box, points, strides, faces):
    """The same by a prior on size and centre, used while predictions are still poor.

    A face owns the cells within 1.5 strides of its centre on the levels whose
    size range contains it; a cell shared by faces goes to the smaller one.
    """
    centre, wh = (faces[:, :2] + faces[:, 2:4]) / 2, faces[:, 2:4] - faces[:, :2]
    size = wh.prod(1).sqrt()
    lo, hi = (sum((strides == s) * float(r[k]) for s, r in RANGES.items()) for k in (0, 1))
    level = (size[:, None] >= lo[None]) & (size[:, None] <= hi[None])
    reach = torch.minimum(1.5 * strides[None, :, None], (wh[:, None] * 0.4).clamp(min=4.5))
    away = (points[None] - centre[:, None]).abs()
    near = (away < reach).all(2) & level
    nearest, cells = torch.where(near, -away.sum(2) / strides[None], away.new_full((), -1e9)).topk(18, 1)
    fit = iou(faces[:, None, :4], box.gather(1, cells[..., None].expand(-1, -1, 4)))
    valid = nearest > -1e8
    return cells, torch.where(valid, 1e5 - size[:, None], size.new_full((), -1.0)), 0.4 + 0.6 * fit


class Loss:
    """Weighted sum of box, class, landmark and visibility losses of a batch.

    rows [R, 22]: number of the picture in the batch | x1 y1 x2 y2 | 1 face, 0 ignore |
    5 x (x y) | 5 visibilities | has landmarks
    """

    def __init__(self, box=7.5, cls=0.6, kpt=3.0, vis=0.2):
        self.weights, self.assign, self.grids = (box, cls, kpt, vis), static, {}

    def __call__(self, maps, faces, ignored):
        shapes = tuple(tuple(m.shape[2:]) for m in maps)
        if shapes not in self.grids:
            self.grids[shapes] = grid(shapes, maps[0].device)
        points, strides = self.grids[shapes]
        raw = torch.cat([m.flatten(2) for m in maps], 2).transpose(1, 2).contiguous()  # [B, N, 20]
        b, n = raw.shape[:2]
        logit = raw[..., 0]
        centre = points + raw[..., 1:3] * strides[:, None]
        wh = raw[..., 3:5].clamp(-6, 6).exp() * strides[:, None]
        box = torch.cat((centre - wh / 2, centre + wh / 2), 2)
        weight = self.not_ignored(points, ignored, b)
        picture, truth = faces[:, 0].long(), faces[:, 1:]
        with torch.no_grad():
            cells, fit, soft = self.assign(logit.sigmoid()[picture], box[picture], points, strides, truth)
            where = (picture[:, None] * n + cells).flatten()  # entries [G * K] into [B * N]
            fit, soft = fit.flatten(), soft.flatten()
            # a cell claimed by several faces goes to the one it fits best, of equals to the last
            best = fit.new_full((b * n,), -1.0).scatter_reduce(0, where, fit, "amax")
            number = torch.arange(len(where), device=raw.device)
            won = (fit > 0) & (fit == best[where])
            last = number.new_full((b * n,), -1).scatter_reduce(0, where, torch.where(won, number, -1), "amax")
            soft = soft * (won & (last[where] == number))
            target = torch.zeros(b * n, device=raw.device).scatter_reduce(0, where, soft, "amax").view(b, n)
            weight = torch.maximum(weight, target.gt(0).float())
            norm = target.sum().clamp(min=1.0)
        l_cls = (F.binary_cross_entropy_with_logits(logit, target, reduction="none") * weight).sum() / norm
        entry = truth.repeat_interleave(cells.shape[1], 0)
        l_box = ((1 - ciou(box.reshape(-1, 4)[where], entry[:, :4])) * soft).sum() / norm
        l_kpt, l_vis = self.landmarks(raw.reshape(-1, 20)[where], points[cells.flatten()], strides[cells.flatten()],
                                      entry, soft * entry[:, 20])
        parts = (l_box, l_cls, l_kpt / norm, l_vis / norm)
        return sum(w * p for w, p in zip(self.weights, parts)), torch.stack(parts).detach()

    @staticmethod
    @torch.no_grad()
    def not_ignored(points, ignored, b):
        """[B, N]: 0 for the cells inside faces that are neither face nor background."""
        inside = ((points > ignored[:, None, 1:3] - 2) & (points < ignored[:, None, 3:5] + 2)).all(2).float()
        hit = torch.zeros(b, len(points), device=points.device).index_add_(0, ignored[:, 0].long(), inside)
        return (hit == 0).float()

    @staticmethod
    def landmarks(raw, points, strides, truth, soft):
        """Smooth L1 on landmarks in units of the face size, BCE on visibility."""
        k = raw[:, 5:].view(-1, 5, 3)
        xy = points[:, None] + k[..., :2] * (strides * KPT_SCALE)[:, None, None]
        txy, seen = truth[:, 5:15].view(-1, 5, 2), truth[:, 15:20]
        size = ((truth[:, 2] - truth[:, 0]) * (truth[:, 3] - truth[:, 1])).clamp(min=16).sqrt()[:, None, None]
        d = F.smooth_l1_loss(xy / size, txy / size, reduction="none", beta=0.03).sum(2)
        l_vis = (F.binary_cross_entropy_with_logits(k[..., 2], seen, reduction="none").mean(1) * soft).sum()
        return 4 * ((d * (seen > 0.1)).mean(1) * soft).sum(), l_vis
