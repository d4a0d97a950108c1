"""Draws plans on the device: crops cut from pictures kept in its memory, and changes of colour and sharpness."""
import json
import math

import numpy as np
import torch
import torch.nn.functional as F

GREY = 114.0


class Pictures:
    """All pictures at LEVELS sizes as packed pixels (red | green << 8 | blue << 16) in one int32 tensor."""

    def __init__(self, work, pixels):
        with open(f"{work}/index.json") as f:
            index = json.load(f)
        self.pixels = pixels
        self.base, self.w, self.h = (torch.tensor([e[k] for e in index], device=pixels.device) for k in ("offs", "ws", "hs"))

    @staticmethod
    def load(work):
        return torch.from_numpy(np.fromfile(f"{work}/cache.i32", np.int32))

    def draw(self, plan):
        """float32 [B, 3, size, size], 0 to 255.

        splits [B, 6]: first tile, tiles a side, two cuts in x, two in y.
        tiles [T, 8]: picture, level, matrix from output pixels to pixels of the full-sized picture.
        """
        splits, tiles, size = plan["splits"], plan["tiles"], int(plan["size"])
        at = torch.arange(size, device=splits.device) + 0.5
        col = (at[None, :, None] >= splits[:, None, 2:4]).sum(2)
        row = (at[None, :, None] >= splits[:, None, 4:6]).sum(2)
        tile = splits[:, 0].long()[:, None, None] + row[:, :, None] * splits[:, 1].long()[:, None, None] + col[:, None]
        picture, level = tiles[:, 0].long(), tiles[:, 1].long()
        scale = 0.5 ** tiles[:, 1]
        table = (tiles[:, 2:].view(-1, 2, 3) * scale[:, None, None]).float()
        base, w, h = (v[picture, level] for v in (self.base, self.w, self.h))
        return sample(self.pixels, table, base, w, h, tile, at)


def sample(pixels, table, base, w, h, tile, at):
    """Bilinear samples of the tiles' pictures; grey outside of them."""
    m = table[tile]  # [B, S, S, 2, 3]
    x = m[..., 0, 0] * at + m[..., 0, 1] * at[:, None] + m[..., 0, 2] - 0.5
    y = m[..., 1, 0] * at + m[..., 1, 1] * at[:, None] + m[..., 1, 2] - 0.5
    w, h, base = w[tile], h[tile], base[tile]
    inside = (x > -0.5) & (y > -0.5) & (x < w - 0.5) & (y < h - 0.5)
    x0, y0 = x.floor(), y.floor()
    fx, fy = x - x0, y - y0
    out = 0.0
    for dy, wy in ((0, 1 - fy), (1, fy)):
        for dx, wx in ((0, 1 - fx), (1, fx)):
            xi = (x0 + dx).long().clamp(min=0).minimum(w - 1)
            yi = (y0 + dy).long().clamp(min=0).minimum(h - 1)
            p = pixels[base + yi * w + xi]
            out = out + torch.stack([((p >> s) & 255).float() for s in (0, 8, 16)], 1) * (wx * wy)[:, None]
    return torch.where(inside[:, None], out, GREY)


def cover(x, plan):
    """Pastes other stretches of the batch over parts of faces, in place."""
    source = x.clone() if len(plan["covers"]) else x
    for b, x0, y0, x1, y1, other, u, v in plan["covers"].tolist():
        x[b, :, y0:y1, x0:x1] = source[other, :, v:v + y1 - y0, u:u + x1 - x0]
    return x


def some(x, share):
    """Numbers of a random `share` of the batch (a fixed count, so that nothing waits for the device)."""
    n = max(1, round(len(x) * share))
    return torch.randperm(len(x), device=x.device)[:n]


def uniform(x, n, lo, hi):
    return torch.rand(n, device=x.device) * (hi - lo) + lo


def photometric(x):
    """Colour, grey, blur, compression, noise and gamma, each in some pictures of the batch (0 to 255, in place)."""
    x = colour(x)
    i = some(x, 0.07)
    x[i] = filtered(x[i], kernels(x, len(i)))
    i = some(x, 0.1)
    x[i] = compressed(x[i].clamp(0, 255), uniform(x, len(i), 0.4, 4.0))
    i = some(x, 0.04)
    x[i] += torch.randn_like(x[i][:, :1]) * uniform(x, len(i), 3, 14)[:, None, None, None]
    i = some(x, 0.12)
    x[i] = 255 * (x[i].clamp(0, 255) / 255) ** uniform(x, len(i), -0.7, 0.7).exp()[:, None, None, None]
    return x.clamp_(0, 255)


def colour(x):
    """Hue, saturation, gain, contrast and tint as one matrix per picture."""
    n, on = len(x), (torch.rand(len(x), device=x.device) < 0.55).float()
    eye = torch.eye(3, device=x.device)
    luma = torch.tensor([0.299, 0.587, 0.114], device=x.device).expand(3, 3)
    yiq = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], device=x.device)
    far = torch.where(torch.rand(n, device=x.device) < 0.12, 4.0, 1.0)  # coloured light; and not all that is red is skin
    hue, sat = uniform(x, n, -0.16, 0.16) * on * far, 1 + uniform(x, n, -0.7, 0.7) * on
    grey = torch.rand(n, device=x.device) < 0.12
    sat = torch.where(grey, 0.0, sat)
    c, s, o, e = hue.cos() * sat, hue.sin() * sat, torch.zeros_like(hue), torch.ones_like(hue)
    turn = torch.stack((e, o, o, o, c, -s, o, s, c), 1).view(-1, 3, 3)
    m = torch.linalg.inv(yiq) @ turn @ yiq
    tint = torch.where(torch.rand(n, 1, device=x.device) < 0.1, uniform(x, (n, 3), 0.6, 1.3), 1.0)
    gain = 1 + uniform(x, n, -0.45, 0.45) * on
    m = (tint * gain[:, None])[..., None] * m
    contrast = 1 + uniform(x, n, -0.4, 0.25) * (torch.rand(n, device=x.device) < 0.2)
    mean = x.mean((2, 3)) @ luma[0]
    y = torch.bmm(m, x.flatten(2)).view_as(x)
    return (y - mean[:, None, None, None]) * contrast[:, None, None, None] + mean[:, None, None, None]


def kernels(x, n, size=11):
    """[n, 1, size, size] blurs: half of them Gaussian, half along a line, as of motion."""
    at = torch.arange(size, device=x.device) - size // 2.0
    v, u = torch.meshgrid(at, at, indexing="ij")
    sigma, angle, length = uniform(x, n, 0.5, 1.8), uniform(x, n, 0, math.pi), uniform(x, n, 1.0, 5.5)
    sigma, angle, length = (t[:, None, None] for t in (sigma, angle, length))
    round_ = (-(u ** 2 + v ** 2) / (2 * sigma ** 2)).exp()
    along, across = u * angle.cos() + v * angle.sin(), v * angle.cos() - u * angle.sin()
    line = ((along.abs() < length) * (1 - across.abs()).clamp(min=0)) + 1e-6
    k = torch.where((torch.arange(n, device=x.device) % 2 == 0)[:, None, None], round_, line)
    return (k / k.sum((1, 2), keepdim=True))[:, None]


def filtered(x, k):
    n, c, h, w = x.shape
    pad = k.shape[-1] // 2
    y = F.conv2d(F.pad(x.reshape(1, n * c, h, w), (pad,) * 4, mode="replicate"), k.repeat_interleave(c, 0), groups=n * c)
    return y.view(n, c, h, w)


LUMA_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99))  # JPEG (ITU-T T.81), annex K


def compressed(x, strength):
    """What quantising 8 x 8 blocks of cosines does to a picture (JPEG's luminance table times `strength`)."""
    n, c, h, w = x.shape
    k = torch.arange(8, device=x.device)
    d = (math.pi / 8 * (k[None] + 0.5) * k[:, None]).cos() * torch.where(k == 0, 0.125, 0.25).sqrt()[:, None]
    blocks = x.view(n, c, h // 8, 8, w // 8, 8).permute(0, 1, 2, 4, 3, 5) - 128
    q = torch.tensor(LUMA_TABLE, device=x.device) * strength.view(-1, 1, 1, 1, 1, 1)
    blocks = d.T @ ((d @ blocks @ d.T / q).round() * q) @ d + 128
    return blocks.permute(0, 1, 2, 4, 3, 5).reshape(n, c, h, w)
