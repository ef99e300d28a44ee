from pathlib import Path

import pytest

from knowledge.warehouse.mapping import Mapping, read_mapping
from knowledge.warehouse.mapping_errors import MappingError

GOOD = """
source: crm
time_zone: Europe/Berlin
stages: [mql, won]
segments: [origin]
as_of: 2024-06-30
tables:
  leads:
    file: leads.csv
    into: person
    key: id
    columns: {created_at: created, origin: origin}
    stages: {mql: created}
  history:
    file: history.csv
    into: stage_change
    columns: {journey_id: lead, to_stage: status, at: moment}
    values: {to_stage: {Yes: won, No: ignore}}
"""


def read(folder: Path, text: str) -> Mapping:
    path = folder / "m.yaml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


MISTAKES = {
    ("created_at: created", "creatd_at: created"): (
        "m.yaml, line 12 (tables.leads.columns): 'creatd_at' is no column of person and "
        "not listed in segments; did you mean 'created_at'?"
    ),
    ("into: person", "into: persons"): (
        "line 10 (tables.leads.into): 'persons' is not a canonical table; did you mean 'person'?"
    ),
    ("Europe/Berlin", "Europe/Berlni"): ("line 3 (time_zone): 'Europe/Berlni' is not a time zone"),
    ("{mql: created}", "{mqll: created}"): (
        "line 13 (tables.leads.stages): 'mqll' is not a stage of this funnel; did you mean 'mql'?"
    ),
    ("Yes: won", "Yes: wonn"): ("(tables.history.values.to_stage): 'wonn' is not a stage"),
    ("    key: id\n", ""): ("(tables.leads): key: name the column"),
    ("to_stage: status, ", ""): ("(tables.history.columns): stage_change needs 'to_stage'"),
    ("    file: leads.csv\n", ""): ("(tables.leads): 'file' is missing; add it"),
    ("    file: leads.csv\n", "    flie: leads.csv\n    file: l\n"): ("'flie' is not known here"),
    ("source: crm", "source: My CRM"): ("(source): 'My CRM' must be lower case"),
    ("[mql, won]", "[mql, mql]"): ("a stage is named twice"),
    ("source: crm", "source: crm\nsource: erp"): ("line 3: 'source' is given twice"),
    ("as_of: 2024-06-30", "as_of: June"): ("line 6 (as_of): 'June' is not a date"),
    ("[mql, won]", "[mql, won"): ("check indentation and quotes there"),
}


@pytest.mark.parametrize(("change", "says"), MISTAKES.items())
def test_a_mistake_is_one_sentence_with_file_place_and_remedy(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    old, new = change
    assert GOOD.count(old) == 1
    with pytest.raises(MappingError) as caught:
        read(tmp_path, GOOD.replace(old, new))

    assert says in str(caught.value)
    assert str(caught.value).startswith("m.yaml")
    assert "\n" not in str(caught.value)


def test_a_missing_or_empty_mapping_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="There is no mapping file at"):
        read_mapping(tmp_path / "none.yaml")
    with pytest.raises(MappingError, match="holds no mapping"):
        read(tmp_path, "")


def test_a_bare_as_of_day_means_its_end_in_the_sources_time_zone(tmp_path: Path) -> None:
    moment = read(tmp_path, GOOD).as_of_time
    assert moment is not None
    assert moment.isoformat() == "2024-06-30T21:59:59.999999"


def test_yaml_words_such_as_no_stay_the_text_that_they_are(tmp_path: Path) -> None:
    table = read(tmp_path, GOOD).tables["history"]
    assert table.values["to_stage"] == {"Yes": "won", "No": "ignore"}


def test_the_digest_follows_what_is_said_not_how(tmp_path: Path) -> None:
    first = read(tmp_path, GOOD).digest
    assert read(tmp_path, "# a remark\n" + GOOD).digest == first
    assert read(tmp_path, GOOD.replace("No: ignore", "No: mql")).digest != first
