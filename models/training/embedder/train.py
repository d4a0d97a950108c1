"""Distils the teacher into the embedder on a CPU.

    python3 train.py WORK TEACHER.onnx --minutes 60 --init checkpoint.pt|EMBEDDER.onnx

WORK is as data.py prepared it.  The student sees a spoiled face, its target is the teacher's embedding of the clean one.
Loss: 1 - cosine, and the squared difference of the similarities of all pairs of a batch.  Half of every batch are synthetic
faces: each worker keeps a store of them and renews it all the time, so that their number has no end.

Several single-threaded workers update one set of shared weights without waiting for each other (asynchronous SGD): on a
machine that does other work this is far faster than one process with several threads.  The learning rate follows a cosine
over wall-clock time.  WORK/last.pt (averaged weights, half precision) is written every few minutes, WORK/final.pt at the end.
"""
import argparse
import json
import math
import os
import time

import cv2
import numpy as np
import torch
import torch.multiprocessing as mp

import data
from augment import degraded, synthetic
from model import FaceEmbedder, count, take_folded
from onnx_network import OnnxNetwork, embed

# How often a face is drawn: frames of one video are much alike.
WEIGHT = {"video": 0.4}
SYNTHETIC_SHARE = 0.5
STORED = 4096  # synthetic faces a worker keeps
FRESH = 16  # how many are new with every second batch
RELATION = 10.0


class Faces:
    """Endless batches of spoiled faces [n, 112, 112, 3] (uint8) and targets [n, 128]; one worker's own."""

    def __init__(self, work, teacher, g):
        rows, self.crops, self.targets = data.load(work, "train")
        self.teacher, self.g, self.number = OnnxNetwork(teacher), g, 0
        self.cum = np.cumsum([WEIGHT.get(r["group"], 1.0) for r in rows])
        self.store = np.empty((STORED, data.STORE, data.STORE, 3), np.uint8)
        self.store_targets = np.empty((STORED, self.targets.shape[1]), np.float32)
        self.made = 0

    def choose(self):
        return int(np.searchsorted(self.cum, self.g.random() * self.cum[-1]))

    def renew(self):
        """Puts new synthetic faces in the place of the oldest ones."""
        at = slice(self.made % STORED, self.made % STORED + FRESH)
        for k in range(at.start, at.stop):
            a, b = (self.crops[self.choose()][:, ::self.g.choice((1, -1))] for _ in "ab")
            self.store[k] = synthetic(np.ascontiguousarray(a), np.ascontiguousarray(b), self.g)
        self.store_targets[at] = embed(self.teacher, data.centre(self.store[at])).numpy()
        self.made += FRESH

    def batch(self, n):
        if self.number % 2 == 0:
            self.renew()
        self.number += 1
        x = np.empty((n, data.SIDE, data.SIDE, 3), np.uint8)
        t = np.empty((n, self.targets.shape[1]), np.float32)
        for i in range(n):
            if self.g.random() < SYNTHETIC_SHARE:
                k = int(self.g.integers(min(self.made, STORED)))
                x[i], t[i] = degraded(self.store[k], self.g), self.store_targets[k]
            else:
                k = self.choose()
                x[i], t[i] = degraded(self.crops[k], self.g), self.targets[k]
        return to_input(x), torch.from_numpy(t)


def to_input(crops):
    return torch.from_numpy(crops).permute(0, 3, 1, 2).float().div_(255)  # stays channels-last


class Average:
    """Moving average of all weights and statistics."""

    def __init__(self, net, decay=0.999):
        self.state = {k: v.detach().clone() for k, v in net.state_dict().items()}
        self.decay, self.steps = decay, 0

    @torch.no_grad()
    def update(self, net, steps):
        """`steps`: updates the weights have had so far, by any worker."""
        d = min(self.decay, (1 + steps) / (20 + steps)) ** (steps - self.steps)
        self.steps = steps
        for mean, now in zip(self.state.values(), net.state_dict().values()):
            mean.lerp_(now, 1 - d) if mean.is_floating_point() else mean.copy_(now)


def save(state, path, **more):
    state = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
    torch.save(dict(state=state, **more), path + ".tmp")
    os.replace(path + ".tmp", path)


def load(path):
    """The averaged network of a checkpoint, in eval mode, and the checkpoint."""
    saved = torch.load(path, map_location="cpu")
    net = FaceEmbedder(**saved["cfg"])
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in saved["state"].items()})
    return net.eval(), saved


def begin_with(init, work):
    """A new network, that of a checkpoint, or that of an exported file."""
    if init.endswith(".onnx"):
        net, (_, crops, _) = FaceEmbedder(), data.load(work, "train")
        g = np.random.default_rng(0)
        chosen = g.choice(len(crops), min(512, len(crops)), replace=False)
        take_folded(net, OnnxNetwork(init).layers(), to_input(np.stack([degraded(crops[i], g) for i in chosen])))
        return net
    return load(init)[0] if init else FaceEmbedder()


def agreement(state, cfg, work):
    """Mean cosine to the teacher on test faces: clean, and reduced to 28 pixels and back."""
    net = FaceEmbedder(**cfg).eval()
    net.load_state_dict(state)
    _, crops, targets = data.load(work, "test")
    clean = data.centre(crops)
    small = np.stack([cv2.resize(cv2.resize(c, (28, 28), interpolation=cv2.INTER_AREA), c.shape[:2]) for c in clean])
    return [round(float((embed(net, x).numpy() * targets).sum(1).mean()), 4) for x in (clean, small)]


def optimiser(net, lr):
    matrices = [p for p in net.parameters() if p.ndim > 1]
    vectors = [p for p in net.parameters() if p.ndim <= 1]
    groups = [dict(params=matrices, weight_decay=0.05), dict(params=vectors, weight_decay=0.0)]
    return torch.optim.AdamW(groups, lr=lr, foreach=True)


def schedule(progress, steps):
    """Factor of the learning rate: a short warm-up, then a cosine."""
    return min(1.0, (steps + 1) / 200) * (0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * progress)))


def work_on(rank, a, net, steps, begin):
    """One worker: batches of its own, updates of the shared weights."""
    torch.manual_seed(a.seed + rank)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    net.train()
    faces, opt = Faces(a.work, a.teacher, np.random.default_rng((a.seed, rank))), optimiser(net, a.lr)
    average, saved, sums, own = Average(net), time.time(), np.zeros(2), 0
    off_diagonal = ~torch.eye(a.batch, dtype=torch.bool)
    while (progress := (time.time() - begin) / 60 / a.minutes) < 1:
        x, t = faces.batch(a.batch)
        for group in opt.param_groups:
            group["lr"] = a.lr * schedule(progress, steps.value)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.precision == "bf16"):
            z = net(x)
        apart = 1 - (z * t).sum(1).mean()
        relation = (z @ z.T - t @ t.T)[off_diagonal].pow(2).mean()
        opt.zero_grad(set_to_none=True)
        (apart + RELATION * relation).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step()
        with steps.get_lock():
            steps.value += 1
        own += 1
        sums += apart.item(), relation.item()
        if rank > 0:
            continue
        average.update(net, steps.value)
        if time.time() - saved > a.every * 60:
            report(a, average, net, steps.value, progress, *sums / own)
            save(average.state, f"{a.work}/last.pt", cfg=net.cfg, steps=steps.value)
            saved, sums, own = time.time(), np.zeros(2), 0
    if rank == 0:
        report(a, average, net, steps.value, 1.0, *sums / max(own, 1))
        save(average.state, f"{a.work}/final.pt", cfg=net.cfg, steps=steps.value)


def report(a, average, net, steps, progress, apart, relation):
    """One JSON line: means of the losses since the last one, and how well the averaged network imitates the teacher."""
    clean, small = agreement(average.state, net.cfg, a.work)
    fields = dict(steps=steps, faces=steps * a.batch, progress=round(progress, 3), apart=round(apart, 4),
                  relation=round(relation, 4), test_clean=clean, test_28px=small, clock=time.strftime("%H:%M:%S"))
    print(json.dumps(fields), flush=True)


def arguments():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("work")
    ap.add_argument("teacher")
    ap.add_argument("--minutes", type=float, default=60, help="length of the schedule, wall clock")
    ap.add_argument("--init", default="", help="checkpoint or exported embedder to begin with; random weights without it")
    ap.add_argument("--elapsed", type=float, default=0, help="minutes of the schedule already done (with --init last.pt)")
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--workers", type=int, default=2, help="processes, one thread each")
    ap.add_argument("--every", type=float, default=3, help="minutes between checkpoints")
    ap.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    return ap.parse_args()


def main():
    a = arguments()
    torch.manual_seed(a.seed)
    net = begin_with(a.init, a.work).to(memory_format=torch.channels_last)
    print("%d parameters, %d multiply-accumulates" % count(net), flush=True)
    print("agreement with the teacher at the start:", agreement(net.state_dict(), net.cfg, a.work), flush=True)
    context = mp.get_context("spawn")
    shared = a, net.share_memory(), context.Value("q", 0), time.time() - a.elapsed * 60
    workers = [context.Process(target=work_on, args=(rank, *shared)) for rank in range(a.workers)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    if any(codes := [w.exitcode for w in workers]):
        raise SystemExit(f"workers ended with {codes}")


if __name__ == "__main__":
    main()
