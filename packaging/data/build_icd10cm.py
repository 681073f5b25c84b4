"""Make the ICD-10-CM pack from the package simple-icd-10-cm (codes: US public domain)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import simple_icd_10_cm as cm  # noqa: E402

from clinic_desktop.domain.codes import System  # noqa: E402
from clinic_desktop.services.packs.pack import SUFFIX, Concept, PackInfo, write_pack  # noqa: E402

EDITION = "2026-04-01"
"""The code set inside simple-icd-10-cm 1.5: fiscal year 2026, update of April."""
TARGET = ROOT / "resources" / "packs" / f"icd10cm{SUFFIX}"

# What doctors say; none of it stands in the tables.
SHORT = {
    "I10": "HTN HBP high blood pressure",
    "E11.9": "T2DM DM2 NIDDM diabetes",
    "E10.9": "T1DM DM1 IDDM diabetes",
    "J06.9": "URTI URI cold common cold",
    "J18.9": "pneumonia CAP",
    "J20.9": "bronchitis",
    "J01.90": "sinusitis",
    "J03.90": "tonsillitis",
    "J30.9": "hay fever allergic rhinitis",
    "A09": "gastroenteritis diarrhea diarrhoea",
    "K29.70": "gastritis",
    "K59.00": "constipation",
    "R51.9": "headache",
    "R05.9": "cough",
    "R50.9": "fever",
    "R10.9": "abdominal pain stomach ache",
    "R42": "dizziness vertigo",
    "R53.83": "fatigue tiredness",
    "M25.561": "knee pain",
    "M17.9": "OA knee osteoarthritis",
    "M79.10": "myalgia",
    "L30.9": "dermatitis",
    "L01.00": "impetigo",
    "B35.4": "ringworm tinea",
    "B86": "scabies",
    "H10.9": "conjunctivitis pink eye",
    "E03.9": "hypothyroidism",
    "O80": "delivery",
    "Z34.90": "ANC antenatal pregnancy",
    "Z30.09": "family planning contraception",
    "J44.9": "COPD",
    "J44.1": "COPD AECOPD",
    "J45.909": "asthma",
    "N39.0": "UTI",
    "I21.9": "MI AMI heart attack",
    "I21.4": "NSTEMI",
    "I21.3": "STEMI",
    "I25.10": "CAD CHD IHD",
    "I48.91": "AF AFib",
    "I50.9": "CHF HF",
    "I63.9": "CVA stroke",
    "G45.9": "TIA",
    "K21.9": "GERD reflux heartburn",
    "I26.99": "PE",
    "I82.409": "DVT",
    "M54.50": "LBP backache",
    "E78.5": "dyslipidemia high cholesterol",
    "E66.9": "obesity",
    "D50.9": "IDA anemia",
    "F32.A": "depression MDD",
    "F41.1": "GAD anxiety",
    "F41.9": "anxiety",
    "G43.909": "migraine",
    "J02.9": "sore throat",
    "H66.90": "AOM ear infection",
    "B54": "malaria",
    "B50.9": "malaria falciparum",
    "A15.0": "TB",
    "A01.00": "typhoid",
    "B20": "HIV AIDS",
    "Z00.00": "checkup physical",
    "Z00.129": "well child",
    "Z23": "vaccination immunization",
    "N18.9": "CKD",
    "L20.9": "eczema",
}


def concepts() -> Iterator[Concept]:
    """All terms: what general practice needs first, causes of accidents last."""
    codes = list(dict.fromkeys(cm.get_all_codes(with_dots=True)))
    rank = {code: place for place, code in enumerate(codes)}
    codes.sort(key=lambda code: (code not in SHORT, code[0] in "VWXY", len(code), rank[code]))
    for code in codes:
        extra = [*cm.get_inclusion_term(code), *cm.get_includes(code)]
        yield Concept(
            code=code,
            display=cm.get_description(code),
            parent=cm.get_parent(code),
            is_selectable=cm.is_leaf(code),
            is_common=code in SHORT,
            synonyms=" ".join([SHORT.get(code, ""), *extra]),
        )


def main() -> None:
    """Write the pack."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    info = PackInfo(
        id="icd10cm",
        title="ICD-10-CM",
        system=System.ICD10_CM,
        version=EDITION,
        language="en",
        source=f"simple-icd-10-cm {version('simple-icd-10-cm')} on PyPI, from CDC/NCHS",
        licence="Public domain in the United States",
        dated_on=EDITION,
    )
    done = write_pack(TARGET, info, concepts())
    print(f"{TARGET.relative_to(ROOT)}: {done.concepts} terms, {TARGET.stat().st_size >> 20} MB")


if __name__ == "__main__":
    main()
