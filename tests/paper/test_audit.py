"""The audit as Markdown; the paper's worked examples, through torch and by hand."""

import re

import torch
from torch.nn import functional

from ferbench.paper import statements
from ferbench.paper.audit import audit, convolve, pool
from ferbench.paper.published import LABELLED, PUBLISHED, SEQUENCES, SUBJECTS_BY_SEQUENCES


def test_the_convolution_through_torch() -> None:
    image, kernel = (torch.tensor(one)[None, None] for one in (statements.IMAGE, statements.KERNEL))
    assert functional.conv2d(image, kernel)[0, 0].tolist() == statements.CONVOLVED.tolist()
    assert convolve(statements.IMAGE, statements.KERNEL).tolist() == statements.CONVOLVED.tolist()


def test_the_pooling_through_torch_and_by_hand() -> None:
    featured = torch.tensor(statements.FEATURED_MAP, dtype=torch.float32)[None, None]
    pooled = pool(statements.FEATURED_MAP, statements.WINDOW).tolist()
    assert functional.max_pool2d(featured, 2, stride=2)[0, 0].tolist() == pooled
    # 1 4 / 2 6; 2 7 / 8 5; 3 4 / 1 2; 0 7 / 3 1
    assert pooled == [[6, 8], [4, 7]]


def test_a_kernel_is_not_turned_and_windows_do_not_overlap() -> None:
    # an asymmetric kernel, and a map that is no multiple of the window
    kernel = torch.tensor([[1, 2], [3, 4]])
    image = torch.arange(15).reshape(3, 5)
    expected = functional.conv2d(image[None, None], kernel[None, None])[0, 0]
    assert convolve(image.numpy(), kernel.numpy()).tolist() == expected.tolist()
    pooled = functional.max_pool2d(image[None, None].float(), 2)[0, 0]
    assert pool(image.numpy(), 2).tolist() == pooled.tolist()


def test_what_is_printed() -> None:
    bilstm, lstm = (statements.PRINTED[name] for name in ("bilstm", "lstm"))
    assert (bilstm.parameters, lstm.parameters) == (90_292, 94_606)
    assert (bilstm.error_rate, lstm.error_rate) == (0.132, 0.146)
    assert statements.CELLS == {"lstm": 120, "bilstm": 80}
    assert "the stated sizes and counts are mutually inconsistent" in statements.CAVEAT
    said = " ".join((*statements.SAYS.values(), *statements.LEAVES_OPEN.values()))
    assert "“all the sequences were correctly classified”" in said
    assert "an error rate of 13.2 %" in said


def test_the_context_table_adds_up() -> None:
    assert sum(LABELLED.values()) == 327
    assert sum(LABELLED.values()) - LABELLED["contempt"] == SEQUENCES == 309
    assert sum(SUBJECTS_BY_SEQUENCES.values()) == 106
    assert PUBLISHED[0][4] == "86.8; 85.4"
    assert {row[-1] for row in PUBLISHED} == {"verified", "secondary source"}


def test_the_markdown_is_well_formed_and_says_no_more() -> None:
    markdown = audit()
    assert markdown.startswith("## ")
    assert markdown.endswith("\n")
    for block in markdown.strip().split("\n\n"):
        lines = block.splitlines()
        starts = {line[0] for line in lines}
        assert len(starts) == 1, block  # a paragraph of one line, a list, a table
        if starts == {"|"}:
            assert len({len(line) for line in lines}) == 1
            assert len({line.count("|") for line in lines}) == 1
    assert "were not reproduced by any family tried; the stated sizes and counts are" in markdown
    for unread in ("98.5", "97.25", "92.35", "95.54", "93.21", "[m]", "memory", "nan"):
        assert unread not in markdown
    assert not re.search(r"\d\.\d{5}", markdown)
