"""A checksum of every numerical function that the steps call, on inputs made of integers alone.

    python tests/helpers/probe.py [--without VARIABLE ...]

Prints `<sha256>  <function, and how it is called>`, a line each. A function whose line differs
between two processors is one that rounds differently there. --without takes switches of
`ferbench.determinism` away. `test_determinism.py` fails where a step calls a function that is
called here nowhere.
"""

import hashlib
import math
import os
import sys
from collections.abc import Iterator
from typing import Any

import ferbench.determinism

if __name__ == "__main__":
    for variable in sys.argv[2:] if sys.argv[1:2] == ["--without"] else []:
        del os.environ[variable]

import cv2
import numpy as np
import torch
from scipy import optimize, special, stats
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence

from ferbench.faces.mesh import FaceMesh
from ferbench.synthetic import render
from ferbench.synthetic.sequence import PNG

Lines = Iterator[tuple[str, Any]]
FLOATS = (np.float64, np.float32)


def values(shape: int | tuple[int, ...], kind: Any = np.float64, low=-1.0, high=1.0, salt=0) -> Any:
    """Numbers that look random, evenly spread over [low, high): SplitMix64, all of it integers."""
    count = np.prod(shape, dtype=int)
    bits = np.arange(1 + salt * 7919, 1 + salt * 7919 + count, dtype=np.uint64)
    bits *= np.uint64(0x9E3779B97F4A7C15)
    bits ^= bits >> np.uint64(29)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(32)
    unit = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return (low + (high - low) * unit).astype(kind).reshape(shape)


def tensor(*shape: int, salt: int = 0, low: float = -1.0) -> torch.Tensor:
    return torch.from_numpy(values(shape, np.float32, low=low, salt=salt))


def elementwise() -> Lines:
    for kind in FLOATS:
        bits = np.dtype(kind).itemsize * 8
        signed, positive = values(10007, kind, salt=1), values(10007, kind, 0.01, 4)
        for of_one in (np.exp, np.log, np.sqrt, np.sin, np.cos, np.abs, np.sign):
            yield f"{of_one.__name__} {bits}", of_one(positive)
        for of_two in (np.power, np.hypot, np.copysign):
            yield f"{of_two.__name__} {bits}", of_two(positive, signed)
        for exponent in (0.85, 1.3, 4, 24):
            yield f"to the power of {exponent} {bits}", np.power(positive, exponent)
        yield f"degrees, radians {bits}", (np.degrees(signed), np.radians(positive))
        rounded = np.round(signed * 16), np.rint(signed * 99), np.ceil(signed * 99)
        yield f"round, rint, ceil, clip {bits}", (*rounded, np.clip(signed, -0.3, 0.4))
        yield f"integers {bits}", (signed * 1000).astype(np.int32)
        yield f"half precision {bits}", (positive.astype(np.float16), np.float16(3.1) * signed)
    signed = values(10007, salt=1)  # of float32 the C library has other code in each release
    yield "arctan, arctan2", (np.arctan(signed), np.arctan2(signed, signed[::-1]))
    yield "math", [(math.sqrt(abs(x)), math.atan2(x, 0.3), math.hypot(x, 0.3), math.degrees(x),
                    math.log(2 + x))
                   for x in values(9999, salt=3).tolist()]  # fmt: skip
    yield "interp", np.interp(values(999, low=0, high=4), [0, 1, 2, 4], [3.0, 1, 7, 2])
    yield "linspace", (np.linspace(-1.3, 2.7, 1001), np.linspace(-2.2, 2.2, 819, dtype=np.float32))


def sums() -> Lines:
    for kind in FLOATS:
        bits = np.dtype(kind).itemsize * 8
        table = values((501, 37), kind, salt=2)
        for axis in (None, 0, 1):
            said = f"{'all' if axis is None else axis} {bits}"
            yield f"sum, mean, std {said}", (table.sum(axis), table.mean(axis), table.std(axis))
            of_numpy = [of(table, axis=axis) for of in (np.mean, np.std, np.sum, np.ptp)]
            yield f"numpy.mean, std, sum, ptp {said}", of_numpy
        yield f"cumsum {bits}", (table.cumsum(), np.cumsum(table[0]))
        yield f"var {bits}", (table.var(), table.var(axis=1))
        yield f"reduceat {bits}", np.add.reduceat(table, [0, 5, 9, 21, 30], axis=1)
        yield f"convolve {bits}", np.convolve(table[0], table[1])
    table, weights = values((501, 37), salt=2), values(501, low=0.1)
    weighted = np.average(table, axis=0, weights=weights)
    yield "average, cov", (weighted, np.cov(table.T, aweights=weights, ddof=0))
    yield "percentile", np.percentile(table, [2.5, 50, 97.5], axis=0)
    total = np.zeros(5)
    np.add.at(total, np.arange(501) % 5, table[:, 0])
    yield "add.at", total
    yield "sort, argsort", (np.sort(table[:, 0]), np.argsort(table, axis=0, kind="stable"))
    yield "argsort of equal numbers", np.argsort((table.ravel() * 50).astype(int))


def products() -> Lines:
    for kind in FLOATS:
        bits = np.dtype(kind).itemsize * 8
        for rows, inner, columns in ((501, 3, 3), (18, 52, 40005), (1, 200, 4005), (601, 513, 700)):
            left = values((rows, inner), kind, salt=3)
            right = values((inner, columns), kind, salt=4)
            yield f"{rows} x {inner} @ {inner} x {columns} {bits}", left @ right
        table = values((501, 37), kind, salt=2)
        yield f"T @ T {bits}", table.T @ table
        yield f"@ vector {bits}", (table @ table[0], table[:, 0] @ table[:, 1])
        yield f"einsum {bits}", np.einsum("ij,ij->i", table, table)
        yield f"einsum of three {bits}", np.einsum("sx,xy,sy->s", table, table[:37], table)
        yield f"outer {bits}", np.outer(table[0], table[1])
        yield f"tensordot {bits}", np.tensordot(table[0], table.T, 1)
        yield f"norm {bits}", (np.linalg.norm(table, axis=1), np.linalg.norm(table[0]))
    table = values((501, 37), salt=2)
    yield "eigh", np.linalg.eigh(np.round(table.T @ table * 1024) / 1024)
    yield "pinv", np.linalg.pinv(table)
    fitted = np.polynomial.polynomial.polyfit(np.arange(5), table[:5], 2)
    yield "polyfit, polyval", (fitted, np.polynomial.polynomial.polyval(table[0], fitted[:, 0]))
    yield "hermegauss", np.polynomial.hermite_e.hermegauss(30)
    complex_numbers = table[:, 0] + 1j * table[:, 1]
    yield "complex", (complex_numbers * complex_numbers[::-1], complex_numbers.mean())
    yield "complex /, abs", (complex_numbers / complex_numbers[::-1], np.abs(complex_numbers))
    yield "vdot", np.vdot(complex_numbers, complex_numbers[::-1])


def chance() -> Lines:
    def fresh() -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([1, 2, 3]).spawn(2)[1])

    yield "standard_normal", (fresh().standard_normal(5000), fresh().standard_normal(99, "f4"))
    yield "normal, uniform", (fresh().normal(size=5000), fresh().uniform(-1, 2, 5000))
    yield "random, integers", (fresh().random(5000), fresh().integers(64, size=5000))
    yield "gamma, triangular", (fresh().gamma(2, 4, 5000), fresh().triangular(-0.5, 0, 0.5, 5000))
    yield "dirichlet", fresh().dirichlet([0.5] * 3, 1000)
    yield "logistic", fresh().logistic(size=1000)
    yield "multinomial", fresh().multinomial(30, [1 / 30] * 30, 1000)
    yield "permutation", fresh().permutation(1000)
    yield "chisquare", fresh().chisquare(29, 5000)


def statistics() -> Lines:
    table, label = values((120, 30), salt=30), np.arange(120) * 7 % 6
    model = LogisticRegression(C=1.0, max_iter=5000).fit(table, label)
    yield "logistic regression", (model.coef_, model.intercept_, model.predict_proba(table))
    told = model.predict(table)
    f1 = metrics.f1_score(label, told, average="macro")
    scores = f1, metrics.recall_score(label, told, average=None), metrics.zero_one_loss(label, told)
    yield "metrics", (metrics.confusion_matrix(label, told), *scores)
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=1)
    pairs = folds.split(table, label, np.arange(120) // 5)
    yield "folds", [part for parts in pairs for part in parts]
    unit = np.abs(table)
    yield "stdtr, stdtrit", (special.stdtr(9, table * 5), special.stdtrit(9, unit))
    yield "bdtr, ndtri", (special.bdtr(3.0, 9, unit), special.ndtri(unit))
    yield "betaincinv", special.betaincinv(7.3 + unit, 20.1, [[0.025], [0.975]] * 60)
    one, two = (1.2, 0.3, 5), (1.1, 0.2, 5)
    yield "t-test", stats.ttest_ind_from_stats(*one, *two, equal_var=False)
    exact = stats.binomtest(12, 87).proportion_ci(method="exact")
    yield "binomial", (stats.binom.interval(0.99, 36, 5 / 6), exact, stats.norm.sf(table))

    def loss(weights: Any) -> Any:
        return ((unit[:, :5] @ weights - unit[:, 5]) ** 2).sum()

    whole = {"type": "eq", "fun": lambda weights: weights.sum() - 1}
    least = optimize.minimize(loss, [0.2] * 5, constraints=whole, bounds=[(0, 1)] * 5)
    yield "minimize", least.x


def pictures() -> Lines:
    grey, fine = values((490, 640), np.uint8, 0, 256, 8), values((300, 400), np.float32, salt=7)
    for sigma in (0.8, 1.2, 2.5, 10.0):
        yield f"GaussianBlur {sigma}", cv2.GaussianBlur(fine, (0, 0), sigma)
    yield "GaussianBlur of two", cv2.GaussianBlur(fine, (0, 0), 1.2, sigmaY=8.0)
    yield "GaussianBlur 8 bits", cv2.GaussianBlur(grey, (0, 0), 1.0)
    for way in (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA):
        larger = cv2.resize(fine[:60, :80].copy(), (640, 490), interpolation=way)
        yield f"resize {way}", (larger, cv2.resize(grey, (128, 128), interpolation=way))
        turned = cv2.getRotationMatrix2D((310.3, 220.1), 7.3, 0.13)
        crop = cv2.warpAffine(grey, turned, (48, 48), None, way, cv2.BORDER_REPLICATE)
        yield f"warpAffine {way}", crop
    rotation = cv2.Rodrigues(values(3, salt=14))[0]
    yield "matrices", (turned, cv2.invertAffineTransform(turned), rotation)
    x, y = values((2, 490, 640), np.float32, 0, 300, 9)
    yield "remap", cv2.remap(fine, x, y, cv2.INTER_LINEAR)
    added = cv2.addWeighted(grey, 0.7, grey[::-1], 0.3, 2.0)
    yield "multiply, addWeighted", (cv2.multiply(fine, fine), added)
    colour = cv2.merge([grey, grey[::-1], grey[:, ::-1]])
    yield "grey of colour, split", (cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY), *cv2.split(colour))
    yield "copyTo", cv2.copyTo(grey, (grey > 99).astype(np.uint8))
    drawn = np.zeros((200, 200), np.float32)
    for x0, y0, x1, y1 in (values((60, 4), high=199, low=0, salt=15) * 16).astype(int).tolist():
        cv2.line(drawn, (x0, y0), (x1, y1), 1.0, 1, cv2.LINE_8, 4)
    points = (values((20, 2), high=199, low=0, salt=16) * 16).astype(np.int32)
    yield "line, polylines", cv2.polylines(drawn, [points], False, 0.35, 3, cv2.LINE_8, 4)
    yield "triangles", _triangles()
    written = cv2.imencode(".png", grey, PNG)[1]
    yield "PNG", (written, cv2.imdecode(written, cv2.IMREAD_GRAYSCALE))
    boxes = (values((40, 4), low=1, high=99, salt=18)).tolist()
    yield "boxes", cv2.dnn.NMSBoxes(boxes, values(40, low=0, salt=19).tolist(), 0.5, 0.3)
    face = FaceMesh()(cv2.GaussianBlur(grey, (0, 0), 8.0))
    yield "face mesh", (np.array(face[:2]), face.mesh)


def _triangles() -> Any:
    corners = values((400, 3), np.float32, -2, 2, 17)
    corners[:, 2] -= 14
    triangles = values((300, 3), np.int32, 0, 400, 19)
    colour, depth = np.zeros((490, 640, 3), np.float32), np.full((490, 640), 30, np.float32)
    of_corners = values((400, 3), np.float32, 0, 1, 20)
    camera = (np.eye(4), 0.26, 1.0, 30.0, render.raster_settings())
    cv2.triangleRasterize(corners, triangles, of_corners, colour, depth, *camera)
    return colour, depth


def tensors() -> Lines:
    signed, positive = tensor(1_000_003), tensor(1_000_003, low=0)  # differences may be rare
    for function in (torch.exp, torch.tanh, torch.sigmoid):
        yield f"torch {function.__name__}", function(signed)
    yield "torch log", positive.log()
    yield "torch sum, mean", (signed.sum(), signed.mean(), signed[:6000].view(10, 100, 6).sum(1))
    yield "torch softmax", signed[:6000].view(-1, 6).softmax(-1)
    yield "torch log_softmax", signed[:6000].view(-1, 6).log_softmax(-1)
    yield "torch logsumexp", signed[:5400].view(3, -1, 6).logsumexp(0)
    sizes = [(16, 30, 480), (288, 120, 6), (300, 1152, 58), (58, 300, 1152), (300, 253, 253)]
    for rows, inner, columns in (*sizes, (1, 58, 6)):
        left, right = tensor(rows, inner, salt=1), tensor(inner, columns, salt=2)
        linear = functional.linear(left, right.T.contiguous(), right[0])
        yield f"torch {rows} x {inner} @ {inner} x {columns}", (left @ right, linear)
    logits, labels = tensor(16, 18, 6, salt=9), (torch.arange(16) % 6)[:, None].expand(16, 18)
    entropy = functional.cross_entropy(logits.transpose(1, 2), labels, reduction="none")
    yield "cross_entropy", entropy
    torch.manual_seed(3)
    yield "torch chance", (torch.randn(1000), torch.randn(7), torch.rand(999), torch.randperm(99))
    yield "kaiming_normal_", nn.init.kaiming_normal_(torch.empty(58, 300), nonlinearity="relu")
    parameter = nn.Parameter(tensor(1000))
    parameter.grad = tensor(1000, salt=8)
    norm = nn.utils.clip_grad_norm_([parameter], 1.0)
    optimiser = ferbench.determinism.optimiser([parameter], learning_rate=0.002, weight_decay=0.01)
    for _ in range(3):
        optimiser.step()
    yield "clipping, AdamW", (norm, parameter.grad, parameter)


def layers() -> Lines:
    sequences, lengths = tensor(16, 18, 30, salt=5), torch.arange(3, 19)
    packed = pack_padded_sequence(sequences, lengths, batch_first=True, enforce_sorted=False)
    for name, layer, given in (
        ("RNN", nn.RNN(30, 253, batch_first=True), sequences),
        ("LSTM 120", nn.LSTM(30, 120, batch_first=True), sequences),
        ("LSTM 76, packed", nn.LSTM(30, 76, batch_first=True), packed),
        ("LSTM 80 twice", nn.LSTM(30, 80, batch_first=True, bidirectional=True), sequences),
        ("LSTM 80 twice, packed", nn.LSTM(30, 80, batch_first=True, bidirectional=True), packed),
    ):
        yield from _both_ways(name, layer, given)
    two = nn.Sequential(nn.Linear(30, 253), nn.Tanh(), nn.Linear(253, 6))
    yield from _both_ways("Linear, Tanh", two, sequences)
    for frames in (1, 20, 140):
        stages: list[nn.Module] = []
        for before, after in ((1, 8), (8, 16), (16, 32)):
            stages += [nn.Conv2d(before, after, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()]
        network = nn.Sequential(*stages, nn.Flatten(), nn.Linear(1152, 6))
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        yield from _both_ways(f"Conv2d, {frames}", network, tensor(frames, 1, 48, 48, salt=6))


def _both_ways(name: str, network: nn.Module, given: Any) -> Lines:
    """What it makes of its input, without gradients and with, and the gradients."""
    for salt, weights in enumerate(network.parameters(), 40):
        weights.data.copy_(tensor(*weights.shape, salt=salt) / 5)

    def answer() -> torch.Tensor:
        made = network(given)
        made = made[0] if isinstance(made, tuple) else made
        return made.data if isinstance(made, torch.nn.utils.rnn.PackedSequence) else made

    with torch.no_grad():
        yield f"{name}, prediction", answer()
    made = answer()
    yield f"{name}, forwards", made
    (made * made).mean().backward()
    yield f"{name}, backwards", [weights.grad for weights in network.parameters()]


GROUPS = (elementwise, sums, products, chance, statistics, pictures, tensors, layers)


def checksum(made: Any) -> str:
    """SHA-256 of the bytes of arrays or tensors."""
    digest = hashlib.sha256()
    for one in made if isinstance(made, tuple | list) else (made,):
        array = one.detach().numpy() if isinstance(one, torch.Tensor) else np.asarray(one)
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def main() -> None:
    ferbench.determinism.settle(1)
    for group in GROUPS:
        for name, made in group():
            print(f"{checksum(made)}  {name}", flush=True)


if __name__ == "__main__":
    main()
