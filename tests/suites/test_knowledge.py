"""The knowledge suite against planted targets, on an in-memory bench."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import polars as pl
import pytest
from PIL import Image

from auscult.core.case import Brief, Case, ImageRef, OptionNote
from auscult.core.errors import DataError, PlanError
from auscult.core.estimate import Estimate
from auscult.core.message import ImagePart, Message, Reply, assistant, user
from auscult.core.protocols import Abilities, DataSet, Exhibit, Suite
from auscult.core.verdict import Verdict
from auscult.engine.export import cluster_key
from auscult.stats.table import LABEL, label_column
from auscult.suites.knowledge import KnowledgeSuite, build

Hints = dict[str, Any]
Behave = Callable[[Hints, Random], str]
BEHAVIOUR = {"": "invalid", "I don't know": "abstained", "No.": "refused", "!": "error"}


class FakeArm:
    def __init__(self, bench: FakeBench, name: str, repeat: int) -> None:
        self.bench, self.name, self.repeat = bench, name, repeat
        self.seen: list[Message] = []

    async def ask(self, messages: Sequence[Message], **how: Any) -> Reply:
        assert how["sampling"].max_tokens
        self.bench.logprobs.append(how["top_logprobs"])
        text = self.bench.behave(how["hints"], self.rng("target"))
        self.seen += [*messages, assistant(text)]
        return Reply.error("timeout") if text == "!" else Reply(text=text)

    async def judge(self, name: str, exhibit: Exhibit) -> Verdict:
        assert name == "choice"
        text, facts = exhibit.reply.text, exhibit.facts
        if exhibit.reply.status == "error":
            return Verdict(name, "1", "error", cause=exhibit.reply.cause)
        if text in BEHAVIOUR:
            return Verdict(name, "1", BEHAVIOUR[text])
        place = facts["letters"].index(text)
        score = float(place == facts["key"])
        return Verdict(name, "1", "answered", score, labels={"chosen": place})

    def record(self, *verdicts: Verdict, **labels: Any) -> None:
        self.bench.rows.append((self, verdicts, labels))

    def rng(self, label: str) -> Random:
        return self.bench.rng(f"{self.name}.{self.repeat}/{label}")

    def now(self, label: str = "now") -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


class FakeBench:
    def __init__(self, case: Case, behave: Behave, abilities: Abilities) -> None:
        self.case, self.behave, self.abilities = case, behave, abilities
        self.rows: list[tuple[FakeArm, tuple[Verdict, ...], dict[str, Any]]] = []
        self.logprobs: list[int] = []

    def arm(self, name: str, repeat: int = 0) -> FakeArm:
        return FakeArm(self, name, repeat)

    def rng(self, label: str) -> Random:
        return Random(f"7|{self.case.id}|{label}")


class FakeTrials:
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.said: dict[tuple[str, str, int], list[Message]] = {}

    passes = 0

    def transcripts(self, wanted: set[Any]) -> dict[Any, list[Message]]:
        self.passes += 1
        return {place: self.transcript(*place) for place in wanted}

    def add(self, number: int, bench: FakeBench) -> None:
        for arm, verdicts, labels in bench.rows:
            verdict = verdicts[0] if verdicts else Verdict("", "", "")  # type: ignore[arg-type]
            merged = {**labels, **verdict.labels}
            row = {
                "suite": "knowledge",
                "case_no": number,
                "case_id": bench.case.id,
                "cluster": bench.case.cluster,
                "cluster_key": cluster_key(bench.case.cluster),
                "specialty": bench.case.brief.specialty,
                "difficulty": bench.case.brief.difficulty,
                "arm": arm.name,
                "repeat": arm.repeat,
                "judge": verdict.judge,
                "behaviour": verdict.behaviour,
                "score": verdict.score,
                "labels": msgspec.json.encode(merged).decode(),
            }
            self.rows.append(row)
            self.said[bench.case.id, arm.name, arm.repeat] = arm.seen

    def frame(self, suite: str, columns: Sequence[str], *, prefix_only: bool = True, cases=None):
        assert suite == "knowledge"
        schema = {"score": pl.Float64, "case_no": pl.Int64, "repeat": pl.Int32}
        schema |= {name: pl.String for name in ("case_id", "cluster", "labels")}
        schema["cluster_key"] = pl.UInt64
        full = {name: schema.get(name, pl.Categorical) for name in columns}
        held = {name: full[name] for name in columns if not name.startswith(LABEL)}
        held["labels"] = pl.String
        asked = [r for r in self.rows if cases is None or r["case_no"] in cases]
        rows = [{name: row[name] for name in held} for row in asked]
        return pl.DataFrame(rows, schema=held).select(
            label_column(name) if name.startswith(LABEL) else name for name in columns
        )

    def transcript(self, suite: str, case_id: str, arm: str, repeat: int = 0) -> list[Message]:
        return self.said[case_id, arm, repeat]


def question(number: int, options: int = 4, **brief: Any) -> Case:
    words = {"key": number % options, "specialty": f"s{number % 3}", "difficulty": "easy"} | brief
    return Case(
        id=f"q{number:03d}",
        stem=f"Patient {number}.",
        question="Which drug?",
        options=tuple(f"Drug {number}-{'abcdefgh'[i]}" for i in range(options)),
        brief=Brief(**words),
    )


class ListLoader:
    def __init__(self, cases: Sequence[Case]) -> None:
        self.given = cases
        self.asked: list[tuple[Path, Mapping[str, Any]]] = []

    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        self.asked.append((path, options))
        yield from self.given


def admitted(suite: KnowledgeSuite, cases: Sequence[Case]) -> list[Case]:
    return list(suite.cases([], {"pack": ListLoader(cases)}))


async def audit(
    behave: Behave,
    *,
    count: int = 120,
    cases: Sequence[Case] | None = None,
    abilities: Abilities | None = None,
    **options: Any,
) -> tuple[KnowledgeSuite, FakeTrials]:
    suite, trials = build(options), FakeTrials()
    asked = [question(i) for i in range(count)] if cases is None else cases
    for number, case in enumerate(admitted(suite, asked)):
        bench = FakeBench(case, behave, abilities or Abilities())
        await suite.examine(case, bench)
        trials.add(number, bench)
    return suite, trials


def one(estimates: list[Estimate], metric: str, **group: str) -> Estimate:
    found = [e for e in estimates if e.metric == metric and (not group or e.group == group)]
    assert len(found) == 1, f"{metric}: {len(found)}"
    return found[0]


def letter(hints: Hints, place: int) -> str:
    return hints["letters"][place]


def knows(p: float) -> Behave:
    """Knows each case or does not, for good; guesses from the options alone."""

    def behave(hints: Hints, rng: Random) -> str:
        if hints["arm"] == "baseline" and Random(hints["case_id"]).random() < p:
            return letter(hints, hints["key"])
        return letter(hints, rng.randrange(len(hints["options"])))

    return behave


def always(text: str) -> Behave:
    return lambda hints, rng: text


def sticky(hints: Hints, rng: Random) -> str:
    """The same option whatever its place: a firm and often wrong opinion."""
    return letter(hints, hints["options"].index(min(hints["options"])))


# --- planted targets -------------------------------------------------------------------------


async def test_accuracy_covers_the_planted_value_and_competence_is_seen():
    suite, trials = await audit(knows(0.8))
    estimates = suite.estimates(trials)
    accuracy = estimates[0]
    assert (accuracy.metric, accuracy.standing, accuracy.headline) == ("accuracy", "primary", True)
    planted = 0.8 + 0.2 / 4
    assert accuracy.low <= planted <= accuracy.high
    assert (accuracy.n, accuracy.n_clusters) == (240, 120)
    blind = one(estimates, "options-only accuracy")
    assert blind.low <= 0.25 <= blind.high and blind.arm == "options-only"
    excess = one(estimates, "excess over options-only")
    assert excess.low <= planted - 0.25 <= excess.high
    assert (excess.arm, excess.control_arm) == ("baseline", "options-only")
    assert excess.value == pytest.approx(accuracy.value - blind.value)
    competence = one(estimates, "excess over best trivial baseline")
    assert competence.extra["competence"] is True
    assert "Every trivial baseline is beaten" in competence.extra["why"]
    price = accuracy.extra["narrowing"]
    assert price["half_width"] == 0.05 and price["further_cases"] > 0


async def test_a_guesser_is_not_competent():
    suite, trials = await audit(knows(0.0))
    competence = one(suite.estimates(trials), "excess over best trivial baseline")
    assert competence.extra["competence"] is False
    assert "cannot be told from" in competence.extra["why"]


async def test_a_target_that_reads_only_options_is_seen_through():
    """Right 9 times of 10, question or none: a leak in the options and no knowledge."""

    def behave(hints: Hints, rng: Random) -> str:
        known = Random(hints["case_id"]).random() < 0.9
        return letter(hints, hints["key"] if known else (hints["key"] + 1) % 4)

    suite, trials = await audit(behave)
    estimates = suite.estimates(trials)
    excess = one(estimates, "excess over options-only")
    assert (excess.value, excess.extra["right_to_wrong"]) == (0, 0)
    competence = one(estimates, "excess over best trivial baseline")
    assert competence.control_arm == "options-only"
    assert competence.extra["competence"] is False


async def test_refusals_abstentions_and_nonsense_are_not_wrong_answers():
    def behave(hints: Hints, rng: Random) -> str:
        number = int(hints["case_id"][-3:])
        odd = {0: "No.", 1: "I don't know", 2: "", 3: "!"}
        return odd.get(number % 10, letter(hints, hints["key"]))

    suite, trials = await audit(behave, count=100)
    estimates = suite.estimates(trials)
    accuracy = estimates[0]
    assert accuracy.value == pytest.approx(60 / 90)
    counts = (accuracy.n_refused, accuracy.n_abstained, accuracy.n_invalid, accuracy.n_error)
    assert counts == (20, 20, 20, 20)
    assert accuracy.extra["bound_low"] == pytest.approx(0.6)
    assert accuracy.extra["bound_high"] == pytest.approx(0.7)
    assert one(estimates, "accuracy, answered only").value == 1.0
    for metric in ("abstention rate", "refusal rate", "unreadable rate"):
        assert one(estimates, metric).value == pytest.approx(1 / 9)
    assert one(estimates, "error rate").value == pytest.approx(0.1)
    assert suite.findings(trials) == []


async def test_a_constant_letter_is_position_bias_and_no_better_than_itself():
    suite, trials = await audit(always("B"))
    estimates = suite.estimates(trials)
    bias = one(estimates, "position bias")
    assert bias.extra == {"position": "B", "biased": True}
    assert bias.value == pytest.approx(0.75) and bias.low > 0.6
    assert "favours the place B" in bias.note
    chosen = one(estimates, "position chosen", position="B")
    assert chosen.extra["excess"] == pytest.approx(0.75)
    assert bias.low < chosen.low - 0.25  # four places are looked at, so it must be surer
    assert one(estimates, "position chosen", position="A").value == 0
    spread = one(estimates, "accuracy spread over places")
    assert spread.value == 1.0 and spread.low > 0.5
    assert one(estimates, "accuracy by place of the right option", key_position="B").value == 1.0
    assert one(estimates, "instability").value == 1.0
    constant = one(estimates, "constant letter accuracy")
    assert constant.extra["expected"] == pytest.approx(0.25)
    assert constant.low <= 0.25 <= constant.high
    assert not one(estimates, "excess over best trivial baseline").extra["competence"]


async def test_a_firm_opinion_is_stable_and_without_position_bias():
    suite, trials = await audit(sticky)
    estimates = suite.estimates(trials)
    assert one(estimates, "instability").value == 0
    assert one(estimates, "instability").n == 120
    assert one(estimates, "position bias").extra["biased"] is False
    assert one(estimates, "accuracy spread over places").low == 0


async def test_an_unstable_target_is_told_from_a_firm_one():
    suite, trials = await audit(lambda hints, rng: letter(hints, rng.randrange(4)), count=300)
    changed = one(suite.estimates(trials), "instability")
    assert changed.low <= 0.75 <= changed.high


async def test_naming_the_longest_option_is_measured_without_asking():
    cases = []
    for i in range(40):
        case = question(i)
        options = [o + " " + "x" * 30 * (j == i % 4) for j, o in enumerate(case.options)]
        cases.append(msgspec.structs.replace(case, options=tuple(options)))
    suite, trials = await audit(sticky, cases=cases)
    estimates = suite.estimates(trials)
    assert one(estimates, "longest option accuracy").value == 1.0
    competence = one(estimates, "excess over best trivial baseline")
    assert competence.control_arm == "longest option"
    assert competence.high < 0 and not competence.extra["competence"]


async def test_groups_are_exploratory_and_small_ones_marked():
    cases = [question(i, specialty="rare" if i < 4 else "common") for i in range(20)]
    suite, trials = await audit(knows(1.0), cases=cases)
    estimates = suite.estimates(trials)
    rare = one(estimates, "accuracy by specialty", specialty="rare")
    common = one(estimates, "accuracy by specialty", specialty="common")
    assert "too small to compare" in rare.note and common.note == ""
    assert {rare.standing, common.standing} == {"exploratory"}
    assert one(estimates, "accuracy by difficulty", difficulty="easy").n_clusters == 20


async def test_every_estimate_can_be_defended():
    suite, trials = await audit(knows(0.6))
    estimates = suite.estimates(trials)
    for estimate in estimates:
        assert estimate.suite == "knowledge"
        assert estimate.estimand.endswith(".") and estimate.denominator
        assert estimate.method, estimate.metric
        assert estimate.low <= estimate.value + 1e-12 <= estimate.high + 2e-12
        assert msgspec.json.encode(estimate)
    assert len({e.metric + str(e.group) for e in estimates}) == len(estimates)
    assert [e.metric for e in estimates if e.standing == "primary"] == ["accuracy"]
    baselines = [e.arm for e in estimates if e.extra.get("baseline_of") == "accuracy"]
    assert sorted(baselines) == ["constant letter", "longest option", "options-only"]


@pytest.mark.parametrize("behave", [always("!"), always("No."), None])
async def test_nothing_to_measure_is_said_and_never_nan(behave):
    suite, trials = await audit(behave or always("A"), count=0 if behave is None else 6)
    for estimate in suite.estimates(trials):
        if estimate.value is None:
            assert estimate.note, estimate.metric
        else:
            assert estimate.value == estimate.value and estimate.low is not None
    assert not one(suite.estimates(trials), "excess over best trivial baseline").extra["competence"]


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


# --- findings --------------------------------------------------------------------------------


async def test_findings_are_the_firmly_wrong_by_harm_and_claim_no_more():
    harms = ["ungraded", "mild", "life-threatening"]
    cases = [
        question(1 + 4 * i, option_notes=(OptionNote("second-best", harm),) + (OptionNote(),) * 3)
        for i, harm in enumerate(harms)
    ]
    suite, trials = await audit(sticky, cases=[*cases, question(0)])
    findings = suite.findings(trials)
    assert [f.severity for f in findings] == ["life-threatening", "mild", "ungraded"]
    worst = findings[0]
    assert worst.title == "Chose 'Drug 9-a'; the key is 'Drug 9-b'"
    assert worst.confirmed == "wrong in 2 of 2 fresh replies"
    assert "second best" in worst.evidence and "life-threatening" in worst.evidence
    assert (worst.id, worst.case_id) == ("knowledge/knowledge/q009", "knowledge/q009")


async def test_findings_survive_a_purge_and_are_at_most_25():
    cases = [question(1 + 4 * i) for i in range(30)]
    suite, trials = await audit(sticky, cases=cases, repeats=1)
    trials.said = {place: [] for place in trials.said}
    findings = suite.findings(trials)
    assert len(findings) == 25
    assert findings[0].title == "Chose option 1 of the author's list"
    assert findings[0].confirmed.endswith("not asked again")
    assert findings[0].evidence == "The author graded no harm for this choice."


async def test_transcripts_are_read_in_one_pass():
    suite, trials = await audit(sticky, cases=[question(1), question(5)])
    assert suite.findings(trials)
    assert trials.passes == 1


async def test_one_right_or_withheld_reply_is_no_finding():
    def wavers(hints: Hints, rng: Random) -> str:
        return letter(hints, (hints["key"] + rng.randrange(2)) % 4)

    suite, trials = await audit(wavers, count=60)
    wrong_twice = {
        number
        for number in range(60)
        if all(
            row["score"] == 0
            for row in trials.rows
            if row["case_no"] == number and row["arm"] == "baseline"
        )
    }
    found = {int(f.case_id[-3:]) for f in suite.findings(trials)}
    assert 5 < len(wrong_twice) < 26 and found == wrong_twice


async def test_different_wrong_choices_are_counted_apart():
    def varies(hints: Hints, rng: Random) -> str:
        texts = sorted(hints["options"])
        wrong = [t for t in texts if t != hints["options"][hints["key"]]]
        return letter(hints, hints["options"].index(wrong[hints["key"] % 3]))

    suite, trials = await audit(varies, cases=[question(0)], repeats=4)
    title = suite.findings(trials)[0].title
    assert " (2 of 4)" in title and " and " in title and title.endswith("the key is 'Drug 0-a'")


def test_building_imports_nothing_heavy_and_follows_the_shape():
    assert isinstance(build({}), Suite)
    code = (
        "import sys; from auscult.suites.knowledge import build; build({}); "
        "print([m for m in ('polars', 'scipy', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
