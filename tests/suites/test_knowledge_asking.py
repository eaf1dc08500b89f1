"""How the knowledge suite asks, what it costs, and which cases and options it refuses."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from knowledge_bench import FakeBench, ListLoader, admitted, always, audit, question, sticky
from PIL import Image

from auscult.core.case import ImageRef, OptionNote
from auscult.core.errors import DataError, PlanError
from auscult.core.message import ImagePart, assistant, user
from auscult.core.protocols import Abilities, DataSet
from auscult.suites.knowledge import build

# --- how it asks -----------------------------------------------------------------------------


async def test_the_key_moves_between_repeats_and_runs_are_alike():
    _, first = await audit(sticky, count=10, repeats=4)
    _, second = await audit(sticky, count=10, repeats=4)
    assert first.rows == second.rows
    assert first.said == second.said
    for number in range(10):
        places = [
            msgspec.json.decode(row["labels"])["key_position"]
            for row in first.rows
            if row["case_no"] == number and row["arm"] == "baseline"
        ]
        assert sorted(places) == [0, 1, 2, 3]


async def test_labels_say_what_was_chosen_in_the_authors_order():
    notes = tuple(OptionNote("wrong", harm) for harm in ("severe", "none", "mild", "moderate"))
    _, trials = await audit(sticky, cases=[question(2, option_notes=notes)], options_only=False)
    for row in trials.rows:
        labels = msgspec.json.decode(row["labels"])
        assert labels["chosen_original"] == 0 == labels["order"][labels["position_chosen"]]
        assert labels["order"][labels["key_position"]] == 2
        assert (labels["shown"], labels["harm_chosen"]) == (4, "severe")
        assert (labels["status_chosen"], labels["permuted"]) == ("wrong", True)


async def test_the_question_is_withheld_in_the_options_only_arm():
    told = (user("Earlier."), assistant("Yes."))
    case = msgspec.structs.replace(question(1), messages=told)
    _, trials = await audit(sticky, cases=[case])
    full = trials.said["knowledge/q001", "baseline", 0]
    blind = trials.said["knowledge/q001", "options-only", 0]
    assert full[:2] == list(told) and "Patient 1." in full[2].text
    assert len(blind) == 2 and "Drug 1-a" in blind[0].text
    assert "Patient" not in blind[0].text and "Which drug" not in blind[0].text


async def test_options_that_name_others_are_not_moved_and_prove_no_position_bias():
    base = question(0)
    case = msgspec.structs.replace(base, options=(*base.options[:3], "None of the above"))
    suite, trials = await audit(always("D"), cases=[case] * 1)
    assert all(msgspec.json.decode(r["labels"])["order"] == [0, 1, 2, 3] for r in trials.rows)
    assert not [e for e in suite.estimates(trials) if e.metric == "position bias"]


async def test_without_logprobs_or_images_a_case_does_not_apply(tmp_path):
    suite, trials = await audit(always("A"), count=3, scoring="logprobs")
    accuracy = suite.estimates(trials)[0]
    assert accuracy.value is None and accuracy.n_not_applicable == 6
    assert "Not applicable" in accuracy.note
    assert suite.findings(trials) == []
    assert suite.cost(question(0), Abilities()) == ()

    picture = tmp_path / "x.png"
    Image.new("L", (3, 2), 90).save(picture)
    case = msgspec.structs.replace(question(0), images=(ImageRef(str(picture)),))
    suite, trials = await audit(always("A"), cases=[case])
    assert suite.estimates(trials)[0].n_not_applicable == 2
    _, trials = await audit(always("A"), cases=[case], abilities=Abilities(images=True))
    image = trials.said["knowledge/q000", "baseline", 0][0].images
    assert image == (ImagePart.of(picture.read_bytes(), "image/png"),), "as it is"
    assert trials.said["knowledge/q000", "options-only", 0][0].images == ()
    picture.unlink()
    suite, trials = await audit(always("A"), cases=[case], abilities=Abilities(images=True))
    assert suite.estimates(trials)[0].n_not_applicable == 2, "the picture is missing"


async def test_logprobs_are_asked_for_where_they_score():
    suite = build({"scoring": "logprobs"})
    case = admitted(suite, [question(0)])[0]
    bench = FakeBench(case, sticky, Abilities(logprobs=True))
    await suite.examine(case, bench)
    assert bench.logprobs == [20, 20, 20]


def test_cost_is_a_ceiling_per_call():
    suite = build({"repeats": 3})
    case = msgspec.structs.replace(question(0), stem="word " * 300)
    full, blind = suite.cost(case, Abilities())
    assert (full.role, full.calls, blind.calls) == ("target", 3, 1)
    assert 1500 / 3 < full.input_tokens < 1500 and blind.input_tokens < 200
    chinese = msgspec.structs.replace(question(0), stem="发热三天" * 100)
    assert suite.cost(chinese, Abilities())[0].input_tokens > 400
    assert len(build({"options_only": False}).cost(case, Abilities())) == 1


# --- cases -----------------------------------------------------------------------------------


def test_ids_of_two_data_sets_do_not_collide():
    suite = build({})
    loader = ListLoader([question(1, cluster="patient 1")])
    sets = [
        DataSet("medqa", "a.jsonl", contains_phi=True),
        DataSet("medqa", "b.jsonl"),
        DataSet("medqa", "c.jsonl", {"name": "ours", "split": "x"}),
    ]
    cases = list(suite.cases(sets, {"medqa": loader}))
    assert [case.id for case in cases] == ["medqa/q001", "medqa-2/q001", "ours/q001"]
    assert [case.cluster for case in cases] == [
        "medqa/patient 1",
        "medqa-2/patient 1",
        "ours/patient 1",
    ]
    assert [case.phi for case in cases] == [True, False, False]
    assert loader.asked[2] == (Path("c.jsonl"), {"split": "x"})
    assert suite.stratum(cases[0]) == "s1"


def test_our_pack_is_asked_when_nothing_is_named():
    loader = ListLoader([question(3)])
    case = next(iter(build({}).cases([], {"pack": loader})))
    assert (case.id, case.cluster) == ("knowledge/q003", "knowledge/q003")
    assert loader.asked == [(Path("knowledge"), {})]


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (question(0, key=None), "case 'q000' of data set 'knowledge' has no key"),
        (question(0, key=4), "has the key 4"),
        (msgspec.structs.replace(question(0), options=()), "has 0 options"),
        (msgspec.structs.replace(question(0), stem="", question=""), "neither a stem nor"),
        (question(0, options=6), "has 6 options but there are 5 letters"),
    ],
)
def test_a_case_that_cannot_be_asked_is_a_sentence(case, sentence):
    with pytest.raises(DataError, match=sentence):
        admitted(build({"letters": "ABCDE"}), [case])


def test_an_unknown_loader_is_named():
    with pytest.raises(DataError, match=r"no loader is named 'medqq'.*'medqa'"):
        list(build({}).cases([DataSet("medqq")], {"medqa": ListLoader([])}))


@pytest.mark.parametrize(
    "options", [{"repeats": 0}, {"letters": "AA"}, {"scoring": "vibes"}, {"repeat": 3}]
)
def test_wrong_options_are_faults(options):
    with pytest.raises(PlanError, match="knowledge"):
        build(options)
