"""auscult power: how many cases, what that rests on, and wrong numbers in a sentence."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from processes import environment
from typer.testing import CliRunner

from auscult.cli.power import power_app
from auscult.core.errors import UsageError
from auscult.stats.power import Collected, half_width, size_for_threshold, spread_over


def asked(words: str) -> list[str]:
    done = CliRunner().invoke(power_app, words.split())
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "rate --rate 0.2 --half-width 0.05",
            "You need 245 cases for a 95% interval that reaches 5 percentage points to either "
            "side.",
        ),
        (
            "below --threshold 0.05 --rate 0",
            "You need 59 cases to show that the rate is below 5%.",
        ),
        (
            "above --threshold 0.95 --rate 1",
            "You need 59 cases to show that the rate is above 95%.",
        ),
        (
            "difference --worse 0.15 --better 0.05",
            "You need 168 cases to find a difference of 10 percentage points.",
        ),
        (
            "non-inferiority --margin 0.05 --worse 0.08 --better 0.08",
            "You need 510 cases to show that it is worse by less than 5 percentage points.",
        ),
        (
            "non-inferiority --margin 0.05 --rate 0.8 --control 0.8",
            "You need 1,003 cases in each arm to show that it is worse by less than 5 percentage "
            "points.",
        ),
        (
            "below --threshold 0.05 --rate 0 --cases 59",
            "With 59 cases the chance is 100% to show that the rate is below 5%.",
        ),
    ],
)
def test_the_sentence_comes_first(words, sentence):
    first, *rest = asked(words)
    assert first == sentence
    assert rest and all(line.startswith("  - ") for line in rest)


def test_what_it_rests_on_is_said():
    lines = asked(
        "below --threshold 0.1 --rate 0.05 --cluster-size 3 --icc 0.2 --missing 0.05 --power 0.9"
    )
    n = size_for_threshold(0.05, 0.1, power=0.9).n
    size = spread_over(n, Collected(3, 0.2, 0.05))
    assert lines[0].startswith(f"You need {size.cases} cases from {size.clusters} clusters to show")
    text = "\n".join(lines)
    assert "design effect 1.4" in text and "5% of the replies missing" in text
    assert f"worth {n} independent usable cases" in text
    assert "(90% asked for)" in text and "exact one-sided binomial test" in text
    assert "one-sided alpha 0.05" in text


def test_so_many_cases_reach_so_far():
    (line, *_) = asked("rate --rate 0.2 --cases 300 --exact")
    assert f"about {100 * half_width(300, 0.2, exact=True):.3g} percentage points" in line


def test_json_holds_the_numbers():
    (line,) = asked("below --threshold 0.05 --rate 0 --missing 0.1 --json")
    told = json.loads(line)
    # 59 / 0.9 = 65.6.
    assert (told["cases"], told["clusters"], told["independent"]) == (66, 66, 59)
    assert told["power"] == 1.0 and told["sentence"].startswith("You need 66 cases")
    (line,) = asked("difference --worse 0.3 --better 0 --cases 20 --json")
    told = json.loads(line)
    assert told["cases"] == 20 and 0 < told["power"] < 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("rate --rate 0.2", "either --half-width or --cases"),
        ("rate --rate 0.2 --half-width 0.1 --cases 3", "either --half-width or --cases"),
        ("rate --rate 2 --half-width 0.1", "must lie between 0 and 1"),
        ("rate --rate 0.2 --half-width 0.1 --alpha 5", "alpha must lie"),
        ("below --threshold 0.1 --rate 0.2", "--rate 0.2 is not below --threshold 0.1"),
        ("above --threshold 0.1 --rate 0.1", "--rate 0.1 is not above --threshold 0.1"),
        ("below --threshold 0.1 --rate 0.05 --icc 2", "intracluster correlation"),
        ("below --threshold 0.1 --rate 0.05 --cases 0", "no usable case"),
        ("below --threshold 0.1 --rate nan", "must lie between 0 and 1"),
        ("difference --worse 0.1 --better 0.1", "no difference to find"),
        ("non-inferiority --margin 0.05 --worse 0.1", "give --worse and --better"),
        ("non-inferiority --margin 0.05 --rate 0.9 --control 0.9 --worse 0.1", "give --worse and"),
        ("non-inferiority --margin 0.05 --rate 0.7 --control 0.8", "no number of cases"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(words, sentence):
    done = CliRunner().invoke(power_app, words.split())
    assert isinstance(done.exception, UsageError)
    assert done.exception.exit_code == 2
    assert sentence in str(done.exception) and "\n" not in str(done.exception)


def test_a_missing_flag_is_exit_2_too():
    assert CliRunner().invoke(power_app, ["difference", "--worse", "0.1"]).exit_code == 2


def test_the_command_is_cheap_to_import():
    told = "import sys, auscult.cli.power; print({'numpy', 'scipy', 'polars'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", told], env=environment(), capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "set()"
