"""The network: an aligned face [batch, 3, 112, 112], RGB in 0..1, becomes a unit vector [batch, 128].

Residual blocks of dense 3 x 3 convolutions (on a CPU faster for each multiply-accumulate than depthwise ones), a global
depthwise convolution in place of average pooling (each of the 7 x 7 places has weights of its own, as in MobileFaceNet)
and a linear layer.  Normalisation of the input and of the output are part of the graph.
"""
import torch
from torch import nn

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def conv_bn(i, o, k=3, s=1, pad=None, groups=1, relu=True):
    conv = nn.Conv2d(i, o, k, s, k // 2 if pad is None else pad, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(o), *[nn.ReLU(inplace=True)] * relu)


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b = conv_bn(c, c), conv_bn(c, c, relu=False)
        nn.init.constant_(self.b[1].weight, 0.2)  # nearly the identity at first

    def forward(self, x):
        return torch.relu(x + self.b(self.a(x)))


class FaceEmbedder(nn.Module):
    def __init__(self, width=(16, 32, 72, 96), depth=(1, 2, 1), head=256, dim=128):
        super().__init__()
        self.cfg = dict(width=tuple(width), depth=tuple(depth), head=head, dim=dim)
        stages = [conv_bn(3, width[0], s=2)]  # 56 x 56
        for i, o, n in zip(width, width[1:], depth):  # 28, 14, 7
            stages += [conv_bn(i, o, s=2), *(Residual(o) for _ in range(n))]
        stages += [conv_bn(width[-1], head, 1), conv_bn(head, head, 7, pad=0, groups=head, relu=False)]
        self.body = nn.Sequential(*stages)
        self.fc = nn.Linear(head, dim)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("inv_std", 1 / torch.tensor(STD).view(1, 3, 1, 1))

    def forward(self, images):
        x = self.body((images - self.mean) * self.inv_std).flatten(1)
        if x.dtype != torch.float32:  # mixed-precision training: the vector stays exact
            with torch.autocast("cpu", enabled=False):
                return self.direction(x.float())
        return self.direction(x)

    def direction(self, x):
        x = self.fc(x)
        return x / x.pow(2).sum(1, keepdim=True).clamp_min(1e-12).sqrt()


@torch.no_grad()
def take_folded(net, layers, images):
    """Gives `net` the weights of an exported network, whose batch normalisations are folded into its convolutions.

    Normalisations are put back with the statistics of `images`, so that the function is unchanged and learning goes on
    as if they had always been there.
    """
    pairs = [(m[0], m[1]) for m in net.modules() if isinstance(m, nn.Sequential) and isinstance(m[0], nn.Conv2d)]
    *folded, (weight, bias) = layers
    if len(pairs) != len(folded):
        raise ValueError(f"{len(folded)} convolutions, expected {len(pairs)}")
    net.fc.weight.copy_(weight)
    net.fc.bias.copy_(bias)

    def renormalise(bn, inputs):
        x = inputs[0]
        mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
        bn.bias.add_(mean)
        bn.weight.copy_((var + bn.eps).sqrt())
        bn.running_mean.copy_(mean)
        bn.running_var.copy_(var)

    hooks = []
    for (conv, bn), (weight, bias) in zip(pairs, folded):
        conv.weight.copy_(weight)
        bn.bias.copy_(bias)
        hooks.append(bn.register_forward_pre_hook(renormalise))
    net.eval()(images)
    for hook in hooks:
        hook.remove()


def fold(net):
    """Folds every batch normalisation into its convolution (in place, eval mode)."""
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    net.eval()
    for m in net.modules():
        if isinstance(m, nn.Sequential) and len(m) > 1 and isinstance(m[1], nn.BatchNorm2d):
            m[0], m[1] = fuse_conv_bn_eval(m[0], m[1]), nn.Identity()
    return net


@torch.no_grad()
def count(net):
    """(parameters, multiply-accumulates for one face)."""
    macs = 0

    def hook(m, _inputs, out):
        nonlocal macs
        macs += out.numel() * m.weight[0].numel()

    hooks = [m.register_forward_hook(hook) for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    was = net.training
    net.eval()(torch.zeros(1, 3, 112, 112))
    net.train(was)
    for h in hooks:
        h.remove()
    return sum(p.numel() for p in net.parameters()), macs
