"""Runs small ONNX networks in PyTorch: the teacher, and embedders to be measured or learned on from.

Only the operators that such networks contain are known; any other raises KeyError.
"""
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn


def _conv(x, w, b=None, *, pads=(0, 0, 0, 0), strides=(1, 1), group=1, dilations=(1, 1), **_):
    return F.conv2d(x, w, b, tuple(strides), tuple(pads[:2]), tuple(dilations), group)


def _gemm(x, w, b, **_):  # as PyTorch writes a linear layer
    return F.linear(x, w, b)


def _reshape(x, shape, **_):  # 0 keeps a side
    return x.reshape([side or x.shape[i] for i, side in enumerate(shape.tolist())])


OPERATORS = {
    "Conv": _conv,
    "Gemm": _gemm,
    "Relu": torch.relu,
    "Add": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "Div": torch.div,
    "Pow": torch.pow,
    "Sqrt": torch.sqrt,
    "Clip": lambda x, low=None, high=None: torch.clamp(x, low, high),
    "Flatten": lambda x, axis=1: x.flatten(axis),
    "Reshape": _reshape,
    "ReduceSum": lambda x, axes, keepdims=1, **_: x.sum(axes.tolist(), keepdim=bool(keepdims)),
}


def _tensor(proto):
    value = torch.from_numpy(numpy_helper.to_array(proto).copy())
    return value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value  # 3 times faster


class OnnxNetwork(nn.Module):
    """One input, one output, weights as constants."""

    def __init__(self, path):
        super().__init__()
        graph = onnx.load(path).graph
        self.input, self.output = graph.input[0].name, graph.output[0].name
        self.constants = {t.name: _tensor(t) for t in graph.initializer}
        self.steps = []
        for node in graph.node:
            fields = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            if node.op_type == "Constant":
                self.constants[node.output[0]] = _tensor(fields["value"])
            else:
                self.steps.append((OPERATORS[node.op_type], list(node.input), fields, node.output[0]))

    def layers(self):
        """(weight, bias) of every convolution and linear layer, first to last."""
        return [tuple(self.constants[name] for name in inputs[1:3])
                for operator, inputs, _, _ in self.steps if operator in (_conv, _gemm)]

    @torch.no_grad()
    def forward(self, x):
        values = {**self.constants, "": None, self.input: x}
        for operator, inputs, fields, output in self.steps:
            values[output] = operator(*(values[name] for name in inputs), **fields)
        return values[self.output]


def embed(network, crops, batch=16):
    """Unit vectors [n, 128] of aligned faces [n, 112, 112, 3] (uint8, RGB), by an embedder or the teacher."""
    scale = torch.tensor((0.229, 0.224, 0.225)).view(3, 1, 1)
    mean = torch.tensor((0.485, 0.456, 0.406)).view(3, 1, 1)
    out = []
    for i in range(0, len(crops), batch):
        x = torch.from_numpy(crops[i:i + batch]).permute(0, 3, 1, 2).float().div_(255)
        if getattr(network, "input", "images") != "images":  # the teacher wants its input normalised
            x = (x - mean) / scale
        with torch.no_grad():
            out.append(F.normalize(network(x.contiguous(memory_format=torch.channels_last))))
    return torch.cat(out)
