"""Synthetic faces, and the ways in which a video spoils a face."""
import math

import cv2
import numpy as np

from data import SIDE, STORE

GRID = np.mgrid[0:STORE, 0:STORE].astype(np.float32)[::-1]


def smooth(g, knots, deviation, channels):
    """Random field [128, 128, channels] without sudden changes."""
    field = g.normal(0, deviation, (knots, knots, channels)).astype(np.float32)
    return cv2.resize(field, (STORE, STORE), interpolation=cv2.INTER_CUBIC).reshape(STORE, STORE, channels)


def synthetic(a, b, g):
    """A face that nobody has: two crops blended, evenly or each in regions of its own, under a smooth warp."""
    u = g.random()
    if u < 0.4:
        part = g.uniform(0.3, 0.7)
        im = cv2.addWeighted(a, part, b, 1 - part, 0)
    elif u < 0.8:
        part = 1 / (1 + np.exp(-smooth(g, 4, 3.0, 1)))
        im = (a * part + b * (1 - part)).astype(np.uint8)
    else:
        im = a
    dx, dy = np.moveaxis(smooth(g, 5, 2.2, 2), 2, 0)
    return cv2.remap(im, GRID[0] + dx, GRID[1] + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def compressed(im, quality):
    return cv2.imdecode(cv2.imencode(".jpg", im, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1], 1)


def misaligned(im, g):
    """The crop's centre [112, 112], a little off: landmarks are never exact."""
    if g.random() < 0.5:
        im = im[:, ::-1]
    scale, angle = math.exp(g.normal(0, 0.04)), math.radians(g.normal(0, 3))
    c, s = scale * math.cos(angle), scale * math.sin(angle)
    m, h = (STORE - 1) / 2, (SIDE - 1) / 2
    dx, dy = g.normal(0, 1.8, 2)
    mat = np.array([[c, -s, h - c * m + s * m + dx], [s, c, h - s * m - c * m + dy]])
    return cv2.warpAffine(np.ascontiguousarray(im), mat, (SIDE, SIDE), flags=cv2.INTER_LINEAR)


def reduced(im, g):
    """As if it had been 16 to 64 pixels wide, and compressed at that size."""
    r = int(math.exp(g.uniform(math.log(16), math.log(64))))
    im = cv2.resize(im, (r, r), interpolation=cv2.INTER_AREA)
    if g.random() < 0.4:
        im = compressed(im, g.integers(40, 95))
    return cv2.resize(im, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR if g.random() < 0.7 else cv2.INTER_CUBIC)


def tinted(im, g):
    """Brightness, contrast, gamma and a cast of colour."""
    x = np.arange(256, dtype=np.float32)
    contrast, shift, gamma = math.exp(g.normal(0, 0.2)), g.normal(0, 18), math.exp(g.normal(0, 0.15))
    curves = [255 * (np.clip((x - 128) * contrast + 128 + shift + g.normal(0, 5), 0, 255) / 255) ** gamma
              for _ in range(3)]
    return cv2.LUT(im, np.stack(curves, 1).round().astype(np.uint8)[None])


def covered(im, g):
    """A hand, a microphone, a hat: a rectangle of one colour."""
    w, h = g.integers(18, 52, 2)
    x, y = int(g.integers(-10, SIDE - w + 10)), int(g.integers(-10, SIDE - h + 10))
    im[max(0, y):max(0, y + h), max(0, x):max(0, x + w)] = g.integers(0, 256, 3)
    return im


def degraded(im, g):
    """Crop [128, 128, 3] -> what the student gets, [112, 112, 3]."""
    im = misaligned(im, g)
    if g.random() < 0.12:
        im = cv2.GaussianBlur(im, (0, 0), g.uniform(0.5, 2.2))
    if g.random() < 0.45:
        im = reduced(im, g)
    elif g.random() < 0.25:
        im = compressed(im, g.integers(15, 85))
    if g.random() < 0.08:
        im = cv2.cvtColor(cv2.cvtColor(im, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if g.random() < 0.6:
        im = tinted(im, g)
    if g.random() < 0.18:
        im = covered(im, g)
    return im
