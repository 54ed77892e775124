"""Every architecture of the package keeps the same promises; a new one is tested by being there."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import emulation
import engines
import ferbench.models.architectures
from checksums import differing
from ferbench import determinism
from ferbench.config.params import ParamsError, load
from ferbench.models import architectures, inputs
from small_store import write_params
from training_step import SIZE

PARAMS = load(Path("params.yaml"))
PACKAGE = Path(ferbench.models.architectures.__file__).parent
FOUND = sorted(path.stem for path in PACKAGE.glob("[!_]*.py"))
BUDGET = 73_686  # the LSTM the paper describes: 120 cells, 30 inputs, 6 classes, two biases


def built(name, classes=6):
    module, sizes = architectures.read(PARAMS, name)
    return module.Network(sizes, classes, inputs.width(module.INPUT, SIZE))


@pytest.fixture(params=FOUND, ids=str)
def module_and_network(request):
    torch.manual_seed(0)
    return architectures.find(request.param), built(request.param).eval()


def trainable(network):
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def logits(network, given, lengths=None):
    with torch.no_grad():
        return network(given, torch.tensor(lengths or [given.shape[1]] * len(given)))


def sequences(module, batch=3, time=7):
    return torch.rand(batch, time, *inputs.find(module.INPUT).shape(SIZE))


def test_logits_for_every_frame(module_and_network):
    module, network = module_and_network
    assert logits(network, sequences(module)).shape == (3, 7, 6)


def test_budget(module_and_network):
    _, network = module_and_network
    assert trainable(network) == pytest.approx(BUDGET, rel=0.02)


@pytest.mark.parametrize("classes", [2, 6, 7])
@pytest.mark.parametrize("name", FOUND)
def test_counts_follow_the_closed_form(name, classes):
    module, sizes = architectures.read(PARAMS, name)
    width = inputs.width(module.INPUT, SIZE)
    smaller = {
        key: [max(1, value // 3) for value in values]
        if isinstance(values, list | tuple)
        else values // 3
        for key, values in sizes.model_dump().items()
    }
    for params in (sizes, module.Params(**smaller)):
        counted = trainable(module.Network(params, classes, width))
        assert counted == module.expected_parameters(params, classes, width)


@pytest.mark.parametrize(("name", "count"), [("lstm", 73_686), ("bilstm", 72_646), ("rnn", 73_629)])
def test_the_sizes_the_paper_states(name, count):
    assert trainable(built(name)) == count


def test_causal_networks_never_look_ahead(module_and_network):
    module, network = module_and_network
    whole = sequences(module)
    changed = whole.clone()
    changed[:, 4:] = torch.rand_like(changed[:, 4:])
    same_past = torch.equal(logits(network, whole)[:, :4], logits(network, changed)[:, :4])
    assert same_past == module.CAUSAL


def test_memory_is_what_earlier_frames_change(module_and_network):
    """Frames before the last in another order: does the last one's answer change?"""
    module, network = module_and_network
    in_order = sequences(module)
    shuffled = in_order[:, [3, 0, 5, 1, 4, 2, 6]]
    last, other = (logits(network, given)[:, -1] for given in (in_order, shuffled))
    assert bool((last - other).abs().max() > 1e-6) == module.MEMORY


def test_padding_changes_nothing(module_and_network):
    module, network = module_and_network
    short, long = sequences(module, batch=1, time=4), sequences(module, batch=1, time=9)
    padded = torch.zeros_like(long)
    padded[:, :4] = short
    together = logits(network, torch.cat([padded, long]), [4, 9])
    torch.testing.assert_close(together[:1, :4], logits(network, short))
    torch.testing.assert_close(together[1:], logits(network, long))


@pytest.mark.parametrize("batch", [1, 3])
def test_without_lengths_nothing_is_padded(module_and_network, batch):
    module, network = module_and_network
    given = sequences(module, batch)
    with torch.no_grad():
        unpadded = network(given, None)
    torch.testing.assert_close(unpadded, logits(network, given), rtol=1e-5, atol=1e-5)


def test_every_parameter_learns(module_and_network):
    module, network = module_and_network
    network(sequences(module), torch.tensor([7, 5, 2])).logsumexp(-1).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_an_architecture_listed_below_an_input_that_it_does_not_read(tmp_path):
    moved = {"architectures.features": {"cnn": {"hidden": 3}}, "architectures.crops": {}}
    file = write_params(tmp_path / "params.yaml", moved)
    with pytest.raises(ParamsError) as raised:
        architectures.read(load(file), "cnn")
    advice = "reads crops; move it to architectures.crops"
    assert str(raised.value) == f"{file}: architectures.features.cnn: {advice}"


def test_wrong_numbers_and_unknown_names_are_said_with_file_and_key(tmp_path):
    params = load(write_params(tmp_path / "params.yaml", {"architectures.features.rnn.hidden": 0}))
    with pytest.raises(
        ParamsError, match=r"params\.yaml:\d+: architectures\.features\.rnn\.hidden"
    ):
        architectures.read(params, "rnn")
    with pytest.raises(ParamsError, match=r"params\.yaml: architectures: no 'gru', only rnn, lstm"):
        architectures.read(params, "gru")


@pytest.mark.parametrize(
    "name", [name for name in FOUND if architectures.find(name).INPUT == "crops"]
)
def test_crops_of_another_size(name):
    module, sizes = architectures.read(PARAMS, name)
    network = module.Network(sizes, 6, 32)
    assert logits(network, torch.rand(2, 3, 32, 32)).shape == (2, 3, 6)
    assert trainable(network) == module.expected_parameters(sizes, 6, 32)
    with pytest.raises(ValueError, match="halve a crop of 4 pixels to nothing"):
        module.Network(sizes, 6, 4)


STEP = engines.ROOT / "tests/helpers/training_step.py"


@pytest.fixture(scope="module")
def steps(once: Callable[..., Path]) -> dict[str, str]:
    """A training step of every architecture here and on processors of either maker, in lines."""

    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "here").write_text(emulation.run_here(STEP))
        for processor in emulation.ONE_OF_EACH_MAKER:
            (folder / processor).write_text(emulation.run(processor, STEP))

    return {path.name: path.read_text() for path in once("steps", make).iterdir()}


@pytest.mark.processors
@pytest.mark.parametrize("name", FOUND)
def test_a_training_step_has_the_same_bytes_on_every_processor(name, steps):
    own = {
        where: "".join(line for line in said.splitlines(True) if f"  {name}: " in line)
        for where, said in steps.items()
    }
    assert own["here"]
    for processor, said in own.items():
        wrong = differing(said, own["here"])
        assert not wrong, f"{processor}: {wrong[0]} differs first: see docs/extending.md"


VARYING = """
import torch
from pydantic import BaseModel
from torch import nn

INPUT = "features"

class Params(BaseModel):
    pass

class Root(nn.Module):
    def forward(self, x):
        return torch.sqrt(x.abs() + 1)

class Network(nn.Module):
    def __init__(self, params, classes, inputs=30):
        super().__init__()
        self.first = nn.Linear(inputs, 40)
        self.root = Root()
        self.readout = nn.Linear(40, classes)

    def forward(self, features, lengths):
        return self.readout(self.root(self.first(features)))
"""


@pytest.mark.processors
def test_a_layer_that_rounds_differently_is_named(tmp_path):
    file = tmp_path / "rooted.py"
    file.write_text(VARYING)
    if "avx512f" not in determinism.processor()[1]:
        pytest.skip("this processor has no AVX-512, for which PyTorch's sqrt has other code")
    here = emulation.run_here(STEP, file)
    emulated = emulation.run(emulation.ONE_OF_EACH_MAKER[0], STEP, file)
    assert differing(emulated, here)[0] == "rooted: root (Root), forwards"
