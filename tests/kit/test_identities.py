"""Identities are made up, seen to be made up, and the same for the same seed."""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from random import Random

import pytest

from auscult.kit.identities import (
    HIPAA,
    KINDS,
    MARITAL_STATUSES,
    SYNTHETIC_STREETS,
    SYNTHETIC_SURNAMES,
    SYNTHETIC_TOWNS,
    Canary,
    Identity,
    facts_of,
    synthetic_identity,
)

MANY = [synthetic_identity(Random(seed)) for seed in range(300)]


def each(kind: str) -> list[str]:
    return [identity[kind] for identity in MANY]


def test_the_same_seed_gives_the_same_identity() -> None:
    assert synthetic_identity(Random(7)) == synthetic_identity(Random(7))
    assert len({identity["ssn"] for identity in MANY}) > 250
    assert len({identity["name"] for identity in MANY}) > 150


def test_every_kind_of_the_safe_harbor_list_and_the_marital_status() -> None:
    assert len(HIPAA) == len(set(HIPAA)) == 18
    for identity in MANY[:5]:
        assert tuple(canary.kind for canary in identity.canaries) == KINDS
        assert set(identity.values()) == set(KINDS)
        assert all(canary.value for canary in identity.canaries)


def test_social_security_numbers_were_never_issued() -> None:
    areas = set()
    for value in each("ssn"):
        area, group, serial = value.split("-")
        areas.add(area)
        assert area in ("000", "666") or area.startswith("9")
        assert 1 <= int(group) < 50, "from 50 on, numbers with 9 are taxpayer numbers"
        assert len(serial) == 4 and serial != "0000"
    assert len(areas) > 20


def test_telephone_and_fax_numbers_are_fictional_and_differ() -> None:
    for phone, fax in zip(each("phone"), each("fax"), strict=True):
        assert re.fullmatch(r"\d{3}-555-01\d{2}", phone)
        assert re.fullmatch(r"\d{3}-555-01\d{2}", fax)
        assert phone[-4:] != fax[-4:]


def test_hosts_and_networks_are_reserved_for_documentation() -> None:
    networks = [
        ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
    ]
    for value in each("ip"):
        assert any(ipaddress.ip_address(value) in network for network in networks)
    assert all(re.search(r"@example\.(com|org)$", value) for value in each("email"))
    assert all(re.match(r"https://example\.(com|org)/", value) for value in each("url"))


def test_names_streets_and_towns_are_of_our_own_invention() -> None:
    for name, address in zip(each("name"), each("address"), strict=True):
        assert name.split()[-1] in SYNTHETIC_SURNAMES
        street, town = re.fullmatch(r"\d+ (\w+) \w+, (\w+), ZZ 000\d\d", address).groups()  # type: ignore[union-attr]
        assert street in SYNTHETIC_STREETS and town in SYNTHETIC_TOWNS


def test_dates_are_dates_and_codes_carry_their_mark() -> None:
    assert all(1930 < date.fromisoformat(value).year < 2004 for value in each("dob"))
    for kind in ("mrn", "health_plan", "account", "licence", "vehicle", "device", "biometric"):
        assert all(re.fullmatch(r"SYN-[A-Z]?\d{6,10}", value) for value in each(kind))
    assert set(each("marital_status")) == set(MARITAL_STATUSES)


def test_canaries_are_picked_by_kind_and_written_as_facts() -> None:
    identity = Identity((Canary("ssn", "900-12-3456"), Canary("dob", "1957-03-14")))
    assert identity.only(("dob",)) == (Canary("dob", "1957-03-14"),)
    assert facts_of(identity.only(("ssn",))) == [{"kind": "ssn", "value": "900-12-3456"}]
    with pytest.raises(KeyError, match="has no 'mrn'"):
        identity["mrn"]
