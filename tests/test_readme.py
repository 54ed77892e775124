"""What README says of the results is what the last committed run wrote."""

from pathlib import Path


def test_the_table_is_that_of_the_committed_results():
    table = Path("results/compare/table.md").read_text().split("\n", 2)[2]
    shown = Path("README.md").read_text().split("<!-- table -->\n")[1].split("<!-- /table -->")[0]
    assert shown == table, "results have changed: make readme"


def test_every_file_it_points_to_is_there():
    text = Path("README.md").read_text()
    links = [part.split(")")[0] for part in text.split("](")[1:]]
    assert links
    assert not [link for link in links if not Path(link).exists()]
