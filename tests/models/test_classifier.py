"""The protocol's losses and decision, by hand; the epoch that is kept; divergence."""

import math

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch import nn

from ferbench.config.schema import Recipe
from ferbench.models.classifier import Classifier, collate, frame_loss, sequence_posterior
from ferbench.models.inputs import Example
from ferbench.models.training import class_weights, fit
from ferbench.results.history import MEASURES

RECIPE = Recipe(
    epochs=6, patience=2, batch_size=4, learning_rate=0.05, weight_decay=0.0, gradient_clip=1.0
)


class Linear(nn.Module):
    """Two numbers a frame to two classes."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, inputs, lengths):
        return self.layer(inputs)


def parts(train=8, seed=0):
    """A class is the sign of the first number; the test part would break a fit that read it."""
    generator = torch.Generator().manual_seed(seed)

    def sequences(n):
        made = []
        for index in range(n):
            inputs = torch.rand(3 + index % 4, 2, generator=generator)
            inputs[:, 0] *= 1 if index % 2 else -1
            made.append(Example(str(index), "S", index % 2, inputs.numpy()))
        return made

    unreadable = [Example("test", "S", 0, np.empty(0, np.float32))]
    return {"train": sequences(train), "validation": sequences(4), "test": unreadable}


def fitted(recipe=RECIPE, data=None, seed=1, weights=(1.0, 1.0)):
    torch.manual_seed(seed)
    classifier = Classifier(Linear(), recipe, torch.tensor(weights))
    return fit(classifier, data or parts(), seed, "cpu")


def sequence(length, label):
    return Example("", "S", label, np.zeros((length, 2), np.float32))


def test_every_sequence_weighs_the_same_whatever_its_length():
    batch = collate([sequence(1, 0), sequence(3, 1)])
    logits = torch.log(
        torch.tensor([[[0.9, 0.1], [0.5, 0.5], [0.5, 0.5]], [[0.8, 0.2], [0.6, 0.4], [0.5, 0.5]]])
    )
    losses = frame_loss(logits, batch)
    expected = [-math.log(0.9), -(math.log(0.2) + math.log(0.4) + math.log(0.5)) / 3]
    torch.testing.assert_close(losses, torch.tensor(expected))


def test_a_decision_is_the_frames_posteriors_added_up_and_normalised():
    batch = collate([sequence(2, 0), sequence(3, 1)])
    logits = torch.log(
        torch.tensor([[[0.9, 0.1], [0.4, 0.6], [0.0001, 0.9999]], [[0.8, 0.2]] + [[0.3, 0.7]] * 2])
    )
    torch.testing.assert_close(
        sequence_posterior(logits, batch), torch.tensor([[1.3 / 2, 0.7 / 2], [1.4 / 3, 1.6 / 3]])
    )


def test_the_epoch_with_the_lowest_validation_loss_is_kept():
    classifier = fitted(RECIPE.model_copy(update={"learning_rate": 5.0, "epochs": 8}))
    losses = [row["validation_loss"] for row in classifier.history]
    assert classifier.best_epoch == losses.index(min(losses)) + 1
    assert len(losses) == min(8, classifier.best_epoch + 2)  # patience
    network = Linear()
    network.load_state_dict(classifier.best)
    batch = collate(parts()["validation"])
    posterior = sequence_posterior(network(batch.inputs, batch.lengths), batch)
    loss = -posterior.gather(1, batch.labels[:, None]).log().mean()
    assert loss.item() == pytest.approx(min(losses), rel=1e-5)


def test_history_has_a_row_an_epoch_and_learning_lowers_the_loss():
    history = fitted(RECIPE.model_copy(update={"patience": 6})).history
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1]["train_frame_loss"] < history[0]["train_frame_loss"]
    assert history[-1]["validation_error"] <= history[0]["validation_error"]


def test_same_seed_same_weights_and_another_seed_others():
    one, two, three = (fitted(seed=seed).best["layer.weight"] for seed in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.equal(one, three)


@pytest.mark.parametrize("part", ["train", "validation"])
def test_divergence_is_marked_and_the_last_good_weights_are_kept(part):
    data = parts()
    data[part][0].inputs[0, 0] = float("nan")
    classifier = fitted(data=data)
    assert classifier.diverged
    assert classifier.best_epoch == 0
    assert len(classifier.history) == 1
    assert classifier.history[0].keys() == {"epoch", *MEASURES}
    assert all(tensor.isfinite().all() for tensor in classifier.best.values())


def test_divergence_in_a_later_epoch_keeps_the_best_before(monkeypatch):
    data = parts()
    whole = Classifier.training_step

    def breaks(self, batch, number):
        if self.current_epoch == 2:
            batch.inputs.fill_(float("nan"))
        return whole(self, batch, number)

    monkeypatch.setattr(Classifier, "training_step", breaks)
    classifier = fitted(data=data)
    assert classifier.diverged
    assert classifier.best_epoch in (1, 2)
    assert [list(row) for row in classifier.history] == [["epoch", *MEASURES]] * 3
    assert math.isnan(classifier.history[2]["train_loss"])


def counted(*counts):
    return [sequence(1, label) for label, count in enumerate(counts) for _ in range(count)]


def test_balanced_weights_are_those_of_scikit_learn():
    part = counted(25, 83, 45)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=[s.label for s in part])
    torch.testing.assert_close(
        class_weights("balanced", part, "abc"), torch.tensor(expected).float()
    )
    assert class_weights("none", part, "abc").tolist() == [1, 1, 1]


def test_a_class_that_is_not_trained_on_cannot_be_balanced():
    part = counted(2, 0, 3)
    assert class_weights("none", part, "abc").tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match=r"^train\.class_weights: balanced: no sequence of b "):
        class_weights("balanced", part, "abc")


def test_what_a_class_weighs_changes_both_losses_and_no_error():
    frozen = RECIPE.model_copy(update={"learning_rate": 1e-30, "epochs": 1})
    plain, weighed = (fitted(frozen, weights=w).history[0] for w in ((1.0, 1.0), (3.0, 3.0)))
    for name in MEASURES:
        factor = 1 if name.endswith("error") else 3
        assert weighed[name] == pytest.approx(factor * plain[name], rel=1e-5)
    assert fitted(weights=(0.01, 3.0)).best["layer.bias"].diff() > 0  # towards the second class
