"""Target assignment and losses."""
import math

import torch
import torch.nn.functional as F

from model import KPT_SCALE, STRIDES

TOPK, ALPHA, BETA = 10, 0.5, 6.0
RANGES = {8: (0.0, 56.0), 16: (28.0, 160.0), 32: (88.0, 1e9)}  # face sizes a level may own


def grid(shapes):
    """Cell centres [N, 2] in pixels and strides [N] for a list of map shapes."""
    points, strides = [], []
    for (h, w), s in zip(shapes, STRIDES):
        y, x = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
        points.append(torch.stack((x, y), -1).view(-1, 2) * s)
        strides.append(torch.full((h * w,), float(s)))
    return torch.cat(points), torch.cat(strides)


def pair_iou(a, b):
    lt = torch.maximum(a[:, None, :2], b[None, :, :2])
    rb = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = (rb - lt).clamp(min=0).prod(2)
    area_a, area_b = (a[:, 2:] - a[:, :2]).prod(1), (b[:, 2:] - b[:, :2]).prod(1)
    return inter / (area_a[:, None] + area_b[None] - inter + 1e-9)


def ciou(p, t):
    """IoU and complete IoU of aligned boxes [n, 4]."""
    lt, rb = torch.maximum(p[:, :2], t[:, :2]), torch.minimum(p[:, 2:], t[:, 2:])
    inter = (rb - lt).clamp(min=0).prod(1)
    pw, tw = (p[:, 2:] - p[:, :2]).clamp(min=1e-3), (t[:, 2:] - t[:, :2]).clamp(min=1e-3)
    iou = inter / (pw.prod(1) + tw.prod(1) - inter + 1e-9)
    hull = (torch.maximum(p[:, 2:], t[:, 2:]) - torch.minimum(p[:, :2], t[:, :2])).pow(2).sum(1) + 1e-9
    dist = ((p[:, :2] + p[:, 2:] - t[:, :2] - t[:, 2:]) / 2).pow(2).sum(1)
    v = (4 / math.pi ** 2) * (torch.atan(tw[:, 0] / tw[:, 1]) - torch.atan(pw[:, 0] / pw[:, 1])).pow(2)
    with torch.no_grad():
        a = v / (1 - iou + v + 1e-7)
    return iou, iou - dist / hull - a * v


@torch.no_grad()
def assign_aligned(score, box, points, strides, gt):
    """Task-aligned assignment of one picture: (positive cells, their face, soft targets)."""
    centre, half = (gt[:, :2] + gt[:, 2:]) / 2, (gt[:, 2:] - gt[:, :2]) / 2
    half = half.clamp(min=6.0)  # every face owns at least one stride-8 cell
    inside = ((points[None] - centre[:, None]).abs() < half[:, None]).all(2)  # [faces, cells]
    cells = inside.any(0).nonzero().squeeze(1)
    if not len(cells):
        return None
    inside = inside[:, cells]
    iou = pair_iou(gt, box[cells])
    metric = torch.where(inside, score[cells][None] ** ALPHA * iou ** BETA, iou.new_zeros(()))
    # a prior on the centre breaks ties while predictions are poor
    away = (points[cells][None] - centre[:, None]).pow(2).sum(2).sqrt() / strides[cells][None]
    metric = metric + inside * 1e-9 / (1 + away)
    top = metric.topk(min(TOPK, metric.shape[1]), 1)
    chosen = torch.zeros_like(inside).scatter_(1, top.indices, True) & inside
    # a cell claimed by several faces goes to the one it overlaps most
    owner = torch.where(chosen, iou + 1e-6, iou.new_full((), -1.0)).max(0)
    pos = (owner.values > 0).nonzero().squeeze(1)
    if not len(pos):
        return None
    g = owner.indices[pos]
    m, i = metric[g, pos], iou[g, pos]
    best_m = torch.zeros(len(gt)).scatter_reduce(0, g, m, "amax")
    best_i = torch.zeros(len(gt)).scatter_reduce(0, g, i, "amax")
    return cells[pos], g, (m / (best_m[g] + 1e-12) * best_i[g]).clamp(0, 1)


@torch.no_grad()
def assign_static(box, points, strides, gt):
    """Size-and-centre prior, used while predictions are still poor.

    A face owns the cells within 1.5 strides of its centre on the levels whose
    size range contains it; a cell shared by faces goes to the smaller one.
    """
    centre, wh = (gt[:, :2] + gt[:, 2:]) / 2, gt[:, 2:] - gt[:, :2]
    size = wh.prod(1).sqrt()
    lo, hi = (sum((strides == s) * float(r[k]) for s, r in RANGES.items()) for k in (0, 1))
    level = (size[:, None] >= lo[None]) & (size[:, None] <= hi[None])
    reach = torch.minimum(1.5 * strides[None, :, None], (wh[:, None] * 0.4).clamp(min=4.5))
    near = ((points[None] - centre[:, None]).abs() < reach).all(2) & level
    owner = torch.where(near, size[:, None], size.new_full((), 1e9)).min(0)
    pos = (owner.values < 1e9).nonzero().squeeze(1)
    if not len(pos):
        return None
    g = owner.indices[pos]
    return pos, g, 0.4 + 0.6 * ciou(box[pos], gt[g])[0]


class Loss:
    """Weighted sum of box, class, landmark and visibility losses of a batch."""

    def __init__(self, box=7.5, cls=0.6, kpt=3.0, vis=0.2):
        self.weights, self.static, self.grids = (box, cls, kpt, vis), True, {}

    def __call__(self, maps, rows):
        shapes = tuple(tuple(m.shape[2:]) for m in maps)
        if shapes not in self.grids:
            self.grids[shapes] = grid(shapes)
        points, strides = self.grids[shapes]
        raw = torch.cat([m.flatten(2) for m in maps], 2).transpose(1, 2).contiguous()  # [B, N, 20]
        logit = raw[..., 0]
        centre = points + raw[..., 1:3] * strides[:, None]
        wh = raw[..., 3:5].clamp(-6, 6).exp() * strides[:, None]
        box = torch.cat((centre - wh / 2, centre + wh / 2), 2)
        score, fixed = logit.detach().sigmoid(), box.detach()
        target, weight = torch.zeros_like(score), torch.ones_like(score)
        where, truth, soft = [], [], []
        for b, r in enumerate(rows):
            ignored = r[r[:, 4] == 0]
            if len(ignored):
                inside = ((points > ignored[:, None, :2] - 2) & (points < ignored[:, None, 2:4] + 2)).all(2).any(0)
                weight[b, inside] = 0
            r = r[r[:, 4] == 1]
            if not len(r):
                continue
            if self.static:
                found = assign_static(fixed[b], points, strides, r[:, :4])
            else:
                found = assign_aligned(score[b], fixed[b], points, strides, r[:, :4])
            if found is None:
                continue
            cells, g, s = found
            target[b, cells], weight[b, cells] = s, 1
            where.append(b * logit.shape[1] + cells)
            truth.append(r[g])
            soft.append(s)
        norm = target.sum().clamp(min=1.0)
        l_cls = (F.binary_cross_entropy_with_logits(logit, target, reduction="none") * weight).sum() / norm
        l_box = l_kpt = l_vis = l_cls * 0
        if where:
            where, truth, soft = torch.cat(where), torch.cat(truth), torch.cat(soft)
            l_box = ((1 - ciou(box.reshape(-1, 4)[where], truth[:, :4])[1]) * soft).sum() / norm
            has = (truth[:, 20] == 1).nonzero().squeeze(1)
            if len(has):
                l_kpt, l_vis = self.landmarks(raw.reshape(-1, 20), where[has], truth[has], soft[has], points, strides)
                l_kpt, l_vis = l_kpt / norm, l_vis / norm
        parts = (l_box, l_cls, l_kpt, l_vis)
        return sum(w * p for w, p in zip(self.weights, parts)), torch.stack(parts).detach()

    @staticmethod
    def landmarks(raw, where, truth, soft, points, strides):
        """Smooth L1 on landmarks in units of the face size, BCE on visibility."""
        k = raw[where, 5:].view(-1, 5, 3)
        cell = where % len(points)
        xy = points[cell][:, None] + k[..., :2] * (strides[cell] * KPT_SCALE)[:, None, None]
        txy, seen = truth[:, 5:15].view(-1, 5, 2), truth[:, 15:20]
        size = ((truth[:, 2] - truth[:, 0]) * (truth[:, 3] - truth[:, 1])).clamp(min=16).sqrt()
        d = F.smooth_l1_loss(xy / size[:, None, None], txy / size[:, None, None], reduction="none", beta=0.03).sum(2)
        l_vis = (F.binary_cross_entropy_with_logits(k[..., 2], seen, reduction="none").mean(1) * soft).sum()
        return 4 * ((d * (seen > 0.1)).mean(1) * soft).sum(), l_vis
