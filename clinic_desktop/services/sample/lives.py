"""Generated lives, turned into people of one language whose last visits were last week."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any, Final

from clinic_desktop.config import resource
from clinic_desktop.services.sample.script import Script

GENERATED_ON: Final = date(2026, 11, 20)
"""The day the lives end; they are moved so that it is yesterday."""
_SEED: Final = 4711
_DATE = re.compile(r'(?<=")\d{4}-\d\d-\d\d')
_CHILD_YEARS: Final = 15
Resource = dict[str, Any]


def lives(script: Script, today: date) -> Iterator[bytes]:
    """One FHIR bundle for each person."""
    shift = today - timedelta(days=1) - GENERATED_ON
    random = Random(_SEED)  # noqa: S311 - the same people every time

    @cache
    def moved(text: str) -> str:
        return (date.fromisoformat(text) + shift).isoformat()

    with lzma.open(resource("demo", "lives.jsonl.xz"), "rt", encoding="utf-8") as file:
        for place, line in enumerate(file):
            bundle = json.loads(_DATE.sub(lambda found: moved(found[0]), line))
            person = next(e for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
            _name(person["resource"], place, script, random, today)
            _translate(bundle, script.data["translations"])
            if place % 3 == 0:
                bundle["entry"].append(_policy(person["resource"], place, script, random))
            yield json.dumps(bundle, ensure_ascii=False).encode()


def _name(patient: Resource, place: int, script: Script, random: Random, today: date) -> None:
    names, address = script.data["names"], script.data["address"]
    female = patient["gender"] == "female"
    given = names["female" if female else "male"]
    families = names.get("family_female", names["family"]) if female else names["family"]
    middles = names.get("middle_female" if female else "middle", [])
    # Steps that share no factor with the lists, one further each time round: no name comes twice.
    number = (place * 7 + place // len(families)) % len(families)
    patient["name"] = [
        {
            "use": "official",
            "family": families[number],
            "given": [given[place * 11 % len(given)], *middles[place % 10 : place % 10 + 1]],
        }
    ]
    a, b = random.randint(0, 99), random.randint(0, 99)
    phone = address["phone"].format(a=a, b=b)
    patient["telecom"] = [{"system": "phone", "use": "mobile", "value": phone}]
    street = random.choice(address["streets"])
    patient["address"] = [
        {
            "line": [address["form"].format(street=street, number=random.randint(1, 90))],
            "city": random.choice(address["cities"]),
            "country": script.practice["region"],
        }
    ]
    patient["communication"] = [{"language": {"coding": [{"code": address["language"]}]}}]
    if today.year - int(patient["birthDate"][:4]) < _CHILD_YEARS:
        mother = names["female"][place * 13 % len(names["female"])]
        family = names.get("family_female", names["family"])[number]
        patient["contact"] = [
            {
                "relationship": [{"text": script.words["mother"], "coding": [{"code": "GUARD"}]}],
                "name": {"family": family, "given": [mother]},
                "telecom": [{"system": "phone", "value": phone}],
            }
        ]


def _policy(patient: Resource, place: int, script: Script, random: Random) -> Resource:
    insurers = script.data["address"]["insurers"]
    return {
        "resource": {
            "resourceType": "Coverage",
            "id": f"policy-{place}",
            "status": "active",
            "subscriberId": f"S-{random.randint(10_000, 99_999)}-{place:02d}",
            "beneficiary": {"reference": f"urn:uuid:{patient['id']}"},
            "payor": [{"display": insurers[place % len(insurers)]}],
        }
    }


def _translate(bundle: Resource, words: dict[str, str]) -> None:
    """Give a code the words of the language; the source's own words stay with the coding."""
    for entry in bundle["entry"]:
        resource_ = entry["resource"]
        kinds = resource_.get("type", [])
        concepts = [resource_.get("code"), *(kinds if isinstance(kinds, list) else [])]
        for concept in concepts:
            if concept and (text := words.get(concept["coding"][0].get("display", ""))):
                concept["text"] = text
