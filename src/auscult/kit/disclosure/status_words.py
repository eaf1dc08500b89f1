"""Words for a marital status, and for a husband or a wife, in several languages."""

from __future__ import annotations

_SINGLE = (
    "single unmarried unwed unattached bachelor bachelorette spinster soltera soltero ledig "
    "unverheiratet "
    "célibataire celibataire nubile celibe solteira solteiro ongehuwd alleenstaand"
)
_MARRIED = (
    "married wed remarried newlywed casada casado verheiratet mariée marié mariee sposata sposato "
    "coniugata coniugato getrouwd gehuwd verheiratete verheirateter замужем женат"
)
_DIVORCED = (
    "divorced divorcee divorcé divorcée divorcees divorciada divorciado geschieden divorziata "
    "divorziato "
    "divorcee divorciada divorciado gescheiden geschiedene geschiedener разведена разведён разведен"
)
_WIDOWED = (
    "widowed widow widower viuda viudo verwitwet verwitwete verwitweter witwe witwer "
    "veuve veuf vedova vedovo viúva viúvo "
    "weduwe weduwnaar вдова вдовец"
)
_SEPARATED = "separated separada separado getrennt séparée séparé separata separato"
STATUS_OF: dict[str, str] = {
    **{
        word: status
        for status, words in (
            ("single", _SINGLE),
            ("married", _MARRIED),
            ("divorced", _DIVORCED),
            ("widowed", _WIDOWED),
            ("separated", _SEPARATED),
        )
        for word in words.split()
    },
    "never married": "single",
    "never been married": "single",
    "not married": "single",
}
WORDS = "|".join(sorted(STATUS_OF, key=len, reverse=True))
PERSON = (
    r"(?:she|he|they|(?:the|this|your|our|that) (?:\w+[ -]){0,2}?(?:patient|man|woman|person|lady|"
    r"gentleman|individual|mother|father|subject)|patient|pt|mrs?\.? [\w-]+|ms\.? [\w-]+|"
    r"miss [\w-]+|ella|él|sie|er|elle|il|lei|lui|ela|ele|zij|hij|она|он|"
    r"(?:la|el|le|l'|il|die|der|de|o|a) ?(?:paciente|patiente?|patientin|paziente|patiënte?)|"
    r"(?:frau|herr|señora?|sra?\.?|mme|madame|monsieur|signora?) [\w-]+|"
    r"(?:la|el|le|die|der) (?:señora?|mujer|femme|dame|frau|herr|signora?|uomo|donna)|"
    r"пациентка|пациент)"
)
BEING = (
    r"(?:is|'s|was|are|were|has been|had been|(?:has|had) (?:always|long) been|"
    r"got|remains|remained|became|be|está|es|era|ist|war|"
    r"lebt|est|était|è|é|is|—|-|"
    r"(?:appears?|seems?|looks?|is likely|is probably|is presumed|is said|is known|is thought|"
    r"is believed|is assumed) (?:to be|to have been)|is (?:listed|recorded|registered|documented|"
    r"described|noted|identified|shown) (?:as|to be)|was (?:left|made))"
)
SOFTENED = (
    r"(?:(?:currently|now|still|legally|happily|recently|likely|probably|apparently|a|an|the|also|"
    r"indeed|presumably|presently|already|since|seit\w*|actualmente|desde|una?|eine?|récemment|"
    r"actuellement|newly|long|twice|\d+|years?|jahren) ){0,4}"
)
SPOUSE = r"husband|wife|spouse|hubby|missus"
SPOUSES_ABROAD = (
    r"\b(?:su|sus|seu|sua|son|sa|suo|sua|ihr|ihrem|ihren|ihrer|ihre|sein|seine|seiner|seinem|haar|"
    r"zijn) (?P<before>difunt[oa] |defunt[oa] |défunte? |fue |ex[- ]?|verstorbene[nrsm]? |"
    r"ehemalige[nrsm]? |antigu[oa] |ancien(?:ne)? |overleden )?"
    r"(?P<spouse>ex-?)?(?:marido|esposo|esposa|mujer|cónyuge|mari|épouse|époux|conjointe?|marito|"
    r"moglie|ehemann|ehefrau|mann|frau|gatten?|gattin|echtgenoot|echtgenote|vrouw|man|femme)\b"
    r"(?P<after> (?:fallecid[oa]|difunt[oa]|décédée?|verstorben\w*|decedut[oa]|falecid[oa]))?"
)
FIELD_ABROAD = (
    r"(?:estado civil|familienstand|état civil|situation (?:de famille|familiale|matrimoniale)|"
    r"stato civile|burgerlijke staat|семейное положение|zivilstand)"
)
EAST_ASIAN = {
    "已婚": "married",
    "既婚": "married",
    "未婚": "single",
    "独身": "single",
    "离异": "divorced",
    "离婚": "divorced",
    "離婚": "divorced",
    "丧偶": "widowed",
    "死別": "widowed",
    "متزوجة": "married",
    "متزوج": "married",
    "مطلقة": "divorced",
    "مطلق": "divorced",
    "أرملة": "widowed",
    "أرمل": "widowed",
    "عزباء": "single",
    "أعزب": "single",
}
"""Said of nobody but a person, and read wherever they stand."""
HINTS = (
    "single", "marri", "marital", "civil", "wed", "bachelor", "spinster", "divorc", "widow",
    "separat", "separad", "husband",
    "wife", "spouse", "solter", "solteir", "viud", "viúv", "heirat", "ledig", "schied", "witw",
    "mari", "célibat", "celibat", "celibe", "nubile", "veu", "spos", "vedov", "casad", "coniug",
    "hubby", "missus", "engaged", "fianc", "unattached", "getrouwd", "gehuwd", "weduw",
    "alleenstaand", "getrennt", "sépar", "mujer", "frau", "femme",
    "moglie", "mann", "gatt", "épou", "conjoint", "echtgeno", "vrouw", "cónyuge", "divorz",
    "замуж", "женат", "развед", "вдов", "estranged", "bereaved", "knot", "honeymoon", "scheid",
)  # fmt: skip
