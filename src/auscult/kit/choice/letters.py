"""Where an answer names an option by its letter, and where a letter is a word or part of one."""

from __future__ import annotations

import re
from functools import partial

from auscult.kit.choice.options import Choices
from auscult.kit.choice.text import Text, words

# The letter first and what stands before it after it, so that `re` looks at capitals alone.
_UPPER = re.compile(r"[A-Z](?<![A-Za-z0-9À-ɏ][A-Z])(?![A-Za-z0-9À-ɏ])")
_LOWER = re.compile(
    r"(?<=[(\[\"'*_{])[a-z](?=[)\]\"'*_}])"
    r"|^[\s>*#-]*[a-z](?=[.):\s\"'*_,!?-]|$)"
    r"|(?<=\n)[a-z](?=[.):]\s|\s*(?:\n|$))"
    r"|(?<=\n[-*] )[a-z](?=[.):]\s)"
    r"|(?:(?i:option|choice|answer|ans\.?|letter|choose|pick|select)|is|be|:|with|not|and|or|say|"
    r"so) "
    r"[a-z](?=[.,;:)!?*\"'\s]|$)"
)
_LEADS = (
    *words(
        "option choice answer ans ans. letter choose pick select is be : with not and or say so"
    ),
    "-",
    "*",
)
LONGEST_LEAD = 8
"""Characters of what announces a small letter: "option "."""
_SMALL_FORMS = tuple(
    form.replace("x", letter)
    for letter in "ai"
    for form in ("x)", " x.", " x:", " x,", " x!", "'x'", '"x"', "*x", "[x", "\nx", "{x", "_x")
) + tuple(
    f"{word} {letter}" for letter in "ai" for word in ("is", "option", "choose", "answer", ":")
)
_FORM_AFTER = frozenset(".):,;!?]*\"'}|/\n")
# What can follow a letter that is also a word, where it is meant as a letter.
_AFTER_A = words(
    "is are was would could can cannot may might should because since as and or but nor not "
    "seems appears fits does doesn't isn't has if due given to for here in over rather "
    "instead however though although makes matches explains describes represents refers also "
    "were then on can't must than et y e o u ou und oder es ist est sont son sind sono и или"
)
_AFTER_I = words("is are because or nor seems fits isn't")
_BEFORE = words(
    "vitamin hepatitis hep group type influenza flu protein factor class stage grade "
    "haemophilia hemophilia immunoglobulin ig amphotericin cyclosporin polymyxin botulinum "
    "coenzyme complement figure fig table part plan phase appendix level category patient dr "
    "zone section chain virus toxin strep streptococcus blood rh antigen subtype serotype "
    "serogroup child-pugh killip cohort arm trial panel image apolipoprotein apo hemoglobin "
    "haemoglobin hb fiber fibre schedule medicare component vitamins lipid lead case hospital "
    "drug experiment step"
)
_AFTER = words(
    "cell cells lymphocyte lymphocytes fibers fibres wave waves streptococcus streptococci "
    "strain virus antigen antigens subunit difficile diff coli symptoms"
)
_SPECIES = words(
    "coli difficile pylori aureus albicans pneumoniae influenzae perfringens tetani botulinum "
    "diphtheriae trachomatis burgdorferi cereus anthracis fragilis pertussis faecalis faecium "
    "cloacae histolytica granulosus henselae jejuni fetus neoformans immitis glabrata auris "
    "abortus melitensis dermatitidis bovis hominis duodenale multilocularis cepacia"
)
_JOINS = "'-.&/:"
"""Only beside one of these is a letter part of something longer."""
_WORD_BEFORE = re.compile(r"([^\W\d_][\w'-]*)\W?$")
_WORD_AFTER = re.compile(r" +(\S+)")


def capital_letters(text: Text, choices: Choices) -> list[int]:
    """Also those that are no option's."""
    plain = text.plain
    alone = [found.start() for found in _UPPER.finditer(plain)]
    return [at for at in alone if _is_letter(text, choices, at, plain[at])]


def small_letters(text: Text, choices: Choices) -> list[int]:
    plain = text.plain
    alone = [found.start() for found in choices.of_letters.small_alone.finditer(plain)]
    meant = [at for at in alone if _is_announced(plain, at) and _is_small_letter(text, at)]
    return meant if meant and _may_have_small_letters(text) else []


def _is_announced(plain: str, at: int) -> bool:
    """Whether `_LOWER` finds the letter here: its matches end with a letter that stands alone."""
    before = plain[max(0, at - LONGEST_LEAD) : at]
    led = before[-1:] != " " or before[:-1].lower().endswith(_LEADS)
    if not led and plain[max(0, at - 40) : at].strip(" \t\n>*#-"):
        return False  # an article, most often
    starts = (0, *range(max(0, at - LONGEST_LEAD), at + 1))
    ends = [found.end() for found in map(partial(_LOWER.match, plain), starts) if found]
    return at + 1 in ends


def _may_have_small_letters(text: Text) -> bool:
    """ "a" and "i" stand in any prose, and count only where a letter is to be expected."""
    single = {word for word in text.cased_tokens if len(word) == 1 and word.islower()}
    if single - {"a", "i"} or not text.plain.isascii():
        return True
    return bool(single) and (
        len(text.plain) < 8 or any(form in text.plain for form in _SMALL_FORMS)
    )


def _is_letter(text: Text, choices: Choices, at: int, letter: str) -> bool:
    plain = text.plain
    before = plain[at - 1] if at else "\n"
    after = plain[at + 1] if at + 1 < len(plain) else "\n"
    if (before in _JOINS or after in _JOINS) and (
        _inside_word(plain, at, before, after) or _species(text, choices, at, after)
    ):
        return False
    if after == "(" and letter not in choices.labels:
        return False  # "P(A) = 0.1"
    if before == "°" or (letter in "CF" and plain[max(0, at - 2) : at].rstrip()[-1:].isdigit()):
        return False
    if before in " -" and _after_noise(text.low, at):
        return False
    if after != " ":
        return True
    following = _WORD_AFTER.match(text.low, at + 1)
    word = following[1].strip(".,;:*\"'") if following else ""
    if not word:
        return True
    if word in _AFTER:
        return False
    if letter in "AI" or letter not in choices.labels:
        return _goes_on_after(text, choices, at, letter, word)
    return True


def _goes_on_after(text: Text, choices: Choices, at: int, letter: str, word: str) -> bool:
    """A letter that is a word, or is no option's, counts only before a word that no article or
    pronoun stands before, or before the option's own text."""
    if not word[0].isalnum():
        return True
    place = choices.labels.get(letter)
    if place is not None and text.low.startswith(choices.texts[place], at + 2):
        return True
    return word in (_AFTER_I if letter == "I" else _AFTER_A)


def _inside_word(plain: str, at: int, before: str, after: str) -> bool:
    """As in "I'm", "patient's", "C-reactive", "i.e.", "A&E": one letter, but no option."""
    two_before = plain[at - 2] if at > 1 else " "
    two_after = plain[at + 2] if at + 2 < len(plain) else " "
    if after == "'" and two_after.isalpha() and before not in "'\"":
        return True
    if before == "'" and two_before.isalpha():
        return True
    if after == "-" and two_after.isalnum():
        return not two_after.isupper()
    if before == "-" and two_before.isalnum():
        return plain[max(0, at - 7) : at - 1].lower() not in ("option", "answer", "choice")
    if after == "." and two_after.isalpha():
        return not plain[at + 2 : at + 5].isalpha()
    if before == "." and two_before.isalpha():
        return at < 3 or not plain[at - 3].isalpha()
    return _paired(plain, at, before, after)


def _paired(plain: str, at: int, before: str, after: str) -> bool:
    pair = plain[at : at + 3] if after in "&:/" else plain[max(0, at - 2) : at + 1]
    return pair in ("N/A", "A&E", "D&C", "H&E", "I&D", "I:E", "D&E")


def _species(text: Text, choices: Choices, at: int, after: str) -> bool:
    """As in "E. coli": a genus cut to its initial, unless the words are the option's own text."""
    if after != ".":
        return False
    following = _WORD_AFTER.match(text.plain, at + 2)
    if not following or not following[1][0].islower():
        return False
    word = following[1].strip(".,;:*()\"'")
    place = choices.labels.get(text.plain[at])
    if place is not None and text.low.startswith(choices.texts[place], at + 3):
        return False
    return word in _SPECIES or any(f"{text.low[at]}. {word}" in t for t in choices.texts)


def _after_noise(low: str, at: int) -> bool:
    start = low.rfind(" ", 0, at - 1) + 1
    plain = low[start : at - 1]
    if low[at - 1] == " " and plain.isalpha() and plain.isascii() and at - start <= 20:
        return plain in _BEFORE
    word = _WORD_BEFORE.search(low, max(0, at - 20), at)
    return word is not None and word[1] in _BEFORE


def _is_small_letter(text: Text, at: int) -> bool:
    plain = text.plain
    before = plain[at - 1] if at else "\n"
    after = plain[at + 1] if at + 1 < len(plain) else "\n"
    two_after = plain[at + 2] if at + 2 < len(plain) else " "
    if after == "." and two_after.isalnum():
        return False
    if before in " -" and _after_noise(text.low, at):
        return False
    if after in "'\"-" and two_after.isalnum():
        return False
    if after in _FORM_AFTER or at + 1 == len(plain):
        return True
    following = _WORD_AFTER.match(text.low, at + 1)
    if not following:
        return True
    return plain[at] not in "ai" and following[1].strip(".,") in _AFTER_A
