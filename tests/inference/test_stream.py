"""Streaming: the same answers as of the whole sequence, one at a time, at the same cost."""

import signal
import subprocess
import time
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ferbench.inference.model import Model
from ferbench.inference.stream import Stream
from models_factory import CAUSAL, film, rows, write_model
from projects import FERBENCH
from releases import write_video
from small_store import CLASSES


def streamed(model, sequence):
    """Posteriors of the frames, and of the sequence up to each."""
    stream = Stream(model)
    answers = [stream.push(row) for row in sequence]
    return tuple(np.stack(part) for part in zip(*answers, strict=True))


@pytest.fixture(scope="module", params=["first_frame", "none"])
def models(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    of = {"reference": request.param}
    return [Model.read(write_model(folder / name, name, **of)) for name in CAUSAL]


@settings(max_examples=8, deadline=None)
@given(length=st.integers(1, 40), seed=st.integers(0, 99))
def test_frame_by_frame_is_as_a_whole(models, length, seed):
    for model in models:
        sequence = rows(length, model.card.input, seed)
        frames, whole = model.posteriors(model.describe(sequence))
        steps, so_far = streamed(model, sequence)
        np.testing.assert_allclose(steps, frames, atol=1e-5)
        np.testing.assert_allclose(so_far[-1], whole, atol=1e-5)
        means = np.cumsum(frames, axis=0) / np.arange(1, length + 1)[:, None]
        np.testing.assert_allclose(so_far, means, atol=1e-5)


def test_seeds_stream_together(tmp_path):
    model = Model.read(write_model(tmp_path, seeds=(1, 2, 3)))
    sequence = rows(11, "features")
    frames, whole = model.posteriors(model.describe(sequence))
    steps, so_far = streamed(model, sequence)
    np.testing.assert_allclose(steps, frames, atol=1e-5)
    np.testing.assert_allclose(so_far[-1], whole, atol=1e-5)
    alone, _ = streamed(Model.read(model.folder, 2), sequence)
    assert np.abs(alone - steps).max() > 1e-3


def test_pca_too(tmp_path):
    model = Model.read(write_model(tmp_path, variant="pca"))
    sequence = rows(11, "features")
    frames, _ = model.posteriors(model.describe(sequence))
    np.testing.assert_allclose(streamed(model, sequence)[0], frames, atol=1e-5)


def test_streams_of_one_model_know_nothing_of_each_other(models):
    for model in models:
        sequence = rows(6, model.card.input)
        alone, _ = streamed(model, sequence)
        one, other = Stream(model), Stream(model)
        for k in range(6):
            other.push(sequence[5 - k])
            frame, _ = one.push(sequence[k])
            np.testing.assert_array_equal(frame, alone[k])
        again, _ = model.posteriors(model.describe(sequence))
        np.testing.assert_allclose(again, alone, atol=1e-5)


def test_a_network_that_reads_backwards_is_refused(tmp_path):
    model = Model.read(write_model(tmp_path, "bilstm"))
    with pytest.raises(ValueError, match="bilstm reads a sequence backwards from its end"):
        Stream(model)


class Averaging(nn.Module):
    """Causal, but what it remembers is in no recurrent layer."""

    def __init__(self):
        super().__init__()
        self.readout = nn.Linear(30, 6)

    def forward(self, features, lengths):
        count = torch.arange(1, features.shape[1] + 1)[:, None]
        return self.readout(features.cumsum(1) / count)


def test_a_network_whose_memory_is_not_carried_is_refused(tmp_path):
    model = Model.read(write_model(tmp_path))
    object.__setattr__(model, "network", Averaging())
    with pytest.raises(ValueError, match="answers otherwise frame by frame"):
        Stream(model)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    frames = film(6, faceless=[2])
    return write_video(tmp_path_factory.mktemp("video") / "video.avi", frames)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model"))


def live(folder, source, **how) -> Any:
    command = [FERBENCH, "predict", folder, "--stream", source]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)


def test_answers_come_from_standard_input(folder, video):
    with video.open("rb") as file:
        done = live(folder, "-", stdin=file)
        out, err = done.communicate(timeout=60)
    assert done.returncode == 0, err
    header, *rows = [line.split(",") for line in out.decode().splitlines()]
    so_far = [f"so_far_{name}" for name in CLASSES]
    assert header == ["frame", "predicted", *CLASSES, "so_far", *so_far, "stamps"]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert rows[2] == ["3", *[""] * 14, "SYNTHETIC"]
    shares = np.array([[float(value) for value in row[2:8]] for row in rows if row[1]])
    np.testing.assert_allclose([float(v) for v in rows[-1][9:15]], shares.mean(0), atol=1e-6)
    assert rows[-1][8] == CLASSES[int(shares.mean(0).argmax())]
    assert {row[1] for row in rows} <= {*CLASSES, ""}


def test_a_reader_that_leaves_ends_it(folder, video):
    done = live(folder, video)
    done.stdout.readline()
    done.stdout.close()
    assert done.wait(60) == 0
    assert b"Traceback" not in done.stderr.read()


def test_an_interruption_ends_it_though_no_frame_comes(folder, video):
    done = live(folder, "-", stdin=subprocess.PIPE)
    content = video.read_bytes()
    done.stdin.write(content[: len(content) // 2])
    done.stdin.flush()
    assert done.stdout.readline().startswith(b"frame,")
    time.sleep(0.5)
    done.send_signal(signal.SIGTERM)  # whoever starts the tests may have switched SIGINT off
    assert done.wait(60) == -signal.SIGTERM
    assert done.stderr.read() == b""
    assert all(line.endswith(b"SYNTHETIC\n") for line in done.stdout)


def test_a_source_that_is_no_video(folder, tmp_path):
    done = live(folder, tmp_path / "none.avi")
    _, err = done.communicate(timeout=60)
    assert done.returncode == 1
    assert f"ferbench: {tmp_path}/none.avi: not a video" in err.decode()
    assert b"Traceback" not in err
