"""Groups of medicines that share allergies, by INN stems, names and ATC prefixes.

Sources:
[INN]  WHO, The use of stems in the selection of International Nonproprietary Names, 2018.
[ATC]  The level-3 and level-4 prefixes of the WHO ATC index (prefixes only).
[P22]  Khan et al., Drug allergy: a 2022 practice parameter update, J Allergy Clin Immunol
       2022;150:1333 (penicillins and cephalosporins by side chain, carbapenems, NSAIDs, opioids).
[S03]  Strom et al., N Engl J Med 2003;349:1628: no cross-reaction of sulfonamide antibacterials
       with other sulfonamides (diuretics, celecoxib); so those are not in the group.
[A]    Angio-oedema under one ACE inhibitor is a class effect (product labels, EMA and FDA).
The table is short on purpose: it names what a practice prescribes. What it does not know is said
to be unknown, never called safe.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """A group; ``stems`` are INN stems ("-cillin", "cef-"), ``members`` names without one."""

    key: str
    names: tuple[str, ...]
    """How the whole group is recorded, in several languages; endings do not matter."""
    stems: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    atc: tuple[str, ...] = ()


def _split(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(";") if name.strip())


GROUPS: tuple[Group, ...] = (
    Group(
        "penicillins",
        _split("penicillin; penicillins; пенициллин; пенициллины; пенициллинов; пенициллиновый;"
               " бета-лактамы; beta-lactam; beta lactams; بنسلين; البنسلين; بنسيلين"),
        ("-cillin",),
        _split("benzylpenicillin; phenoxymethylpenicillin"),
        ("J01C",),
    ),
    Group(
        "cephalosporins",
        _split("cephalosporin; cephalosporins; цефалоспорин; цефалоспорины; цефалоспоринов;"
               " سيفالوسبورين; السيفالوسبورينات"),
        ("cef-", "ceph-"),
        (),
        ("J01DB", "J01DC", "J01DD", "J01DE", "J01DI"),
    ),
    Group("carbapenems", _split("carbapenem; carbapenems; карбапенем; карбапенемы"),
          ("-penem",), (), ("J01DH",)),
    Group("monobactams", _split("monobactam; monobactams"), (),
          ("aztreonam",), ("J01DF",)),
    Group(
        "sulfonamides",
        _split("sulfonamide; sulfonamides; sulphonamide; sulfa; sulfa drugs; sulfa antibiotics;"
               " сульфаниламид; сульфаниламиды; сульфаниламидов; سلفا; السلفا; سلفوناميد"),
        ("sulfa-",),
        _split("co-trimoxazole; cotrimoxazole; ко-тримоксазол"),
        ("J01EB", "J01EC", "J01ED", "J01EE"),
    ),
    Group(
        "nsaids",
        _split("NSAID; NSAIDs; nonsteroidal anti-inflammatory; НПВС; НПВП;"
               " нестероидные противовоспалительные; مضادات الالتهاب غير الستيرويدية"),
        ("-profen", "-fenac", "-oxicam", "-fenamic"),
        _split("acetylsalicylic acid; indometacin; indomethacin; ketorolac; nabumetone; etodolac;"
               " naproxen; metamizole; nimesulide; flurbiprofen; mefenamic acid; lysine"
               " acetylsalicylate; phenylbutazone; salsalate; sulindac; tolmetin; piroxicam"),
        ("M01AA", "M01AB", "M01AC", "M01AE", "M01AG", "N02BA", "N02BB", "B01AC06"),
    ),
    Group("coxibs", _split("coxib; coxibs; коксибы"), ("-coxib",), (), ("M01AH",)),
    Group("macrolides", _split("macrolide; macrolides; макролид; макролиды; макролидов; ماكروليد"),
          ("-thromycin",), _split("josamycin; spiramycin; midecamycin"), ("J01FA",)),
    Group("quinolones",
          _split("quinolone; quinolones; fluoroquinolone; fluoroquinolones; хинолоны;"
                 " фторхинолон; фторхинолоны; كينولون"),
          ("-oxacin",), ("nalidixic acid",), ("J01M",)),
    Group("tetracyclines", _split("tetracyclines; тетрациклины; تتراسيكلين"),
          ("-cycline",), (), ("J01A",)),
    Group("aminoglycosides", _split("aminoglycoside; aminoglycosides; аминогликозиды"),
          (), _split("gentamicin; amikacin; tobramycin; streptomycin; neomycin; kanamycin"),
          ("J01G",)),
    Group("lincosamides", _split("lincosamides; линкозамиды"), (),
          _split("clindamycin; lincomycin"), ("J01FF",)),
    Group(
        "opioids",
        _split("opioid; opioids; opiate; opiates; опиоиды; опиаты; أفيونات; مسكنات أفيونية"),
        ("-orphine", "-orphan"),
        _split("morphine; codeine; dihydrocodeine; oxycodone; hydrocodone; hydromorphone;"
               " oxymorphone; buprenorphine; nalbuphine; ethylmorphine"),
        ("N02AA", "N02AE", "R05DA"),
    ),
    Group("local-anaesthetics-ester", _split("ester anaesthetics"), (),
          _split("procaine; novocaine; benzocaine; tetracaine; chloroprocaine; proxymetacaine"),
          ("N01BA",)),
    Group("local-anaesthetics-amide", _split("amide anaesthetics"), (),
          _split("lidocaine; lignocaine; bupivacaine; levobupivacaine; mepivacaine; prilocaine;"
                 " ropivacaine; articaine"),
          ("N01BB",)),
    Group("ace-inhibitors",
          _split("ACE inhibitor; ACE inhibitors; ингибиторы АПФ; иАПФ"), ("-pril", "-prilat"), (),
          ("C09A", "C09B")),
    Group("iodinated-contrast",
          _split("contrast; iodinated contrast; contrast media; рентгеноконтрастные;"
                 " йодсодержащий контраст; صبغة; مادة تباين"),
          (), _split("iohexol; iopamidol; iopromide; iodixanol; ioversol; amidotrizoate"),
          ("V08A",)),
)  # fmt: skip

SYNONYMS: dict[str, tuple[str, ...]] = {
    "acetylsalicylic acid": _split(
        "aspirin; аспирин; ASA; ацетилсалициловая кислота; ацетилсалициловой кислоты; acidum"
        " acetylsalicylicum; acidi acetylsalicylici; أسبرين; الأسبرين; حمض أسيتيل ساليسيليك"
    ),
    "amoxicillin": _split(
        "amoxycillin; amoxil; co-amoxiclav; amoxiclav; augmentin; амоксиклав; аугментин;"
        " флемоксин; أموكسيسيلين; أوجمنتين; اموكسيسيلين"
    ),
    "ampicillin": _split("أمبيسيلين"),
    "benzylpenicillin": _split("penicillin g; пенициллин g"),
    "phenoxymethylpenicillin": _split("penicillin v; пенициллин v; феноксиметилпенициллин"),
    "cefalexin": _split("cephalexin; цефалексин; سيفالكسين"),
    "ceftriaxone": _split("سيفترياكسون"),
    "cefuroxime": _split("سيفوروكسيم"),
    "sulfamethoxazole": _split(
        "co-trimoxazole; cotrimoxazole; ко-тримоксазол; бисептол; biseptol; bactrim; septrin;"
        " سلفاميثوكسازول; كوتريموكسازول"
    ),
    "ibuprofen": _split("нурофен; nurofen; advil; brufen; إيبوبروفين; بروفين"),
    "diclofenac": _split("voltaren; вольтарен; ديكلوفيناك; فولتارين"),
    "ketorolac": _split("кеторол; кетанов; toradol"),
    "metamizole": _split("dipyrone; анальгин; analgin; метамизол натрия"),
    "naproxen": _split("نابروكسين"),
    "paracetamol": _split("acetaminophen; ацетаминофен; panadol; панадол; tylenol; باراسيتامول"),
    "azithromycin": _split("сумамед; sumamed; أزيثروميسين"),
    "erythromycin": _split("إريثروميسين"),
    "ciprofloxacin": _split("سيبروفلوكساسين"),
    "procaine": _split("novocaine; novocain; новокаин; прокаин"),
    "lidocaine": _split("lignocaine; лигнокаин; ليدوكايين"),
    "codeine": _split("كودايين"),
    "morphine": _split("مورفين"),
    "heparin": _split("гепарин"),
    "hydrochlorothiazide": _split("гидрохлоротиазид; гипотиазид"),
    "iodine": _split("йод; iodum; povidone-iodine; повидон-йод; يود"),
    "lactose": _split("лактоза; لاكتوز"),
    "latex": _split("латекс; rubber; لاتكس"),
}
"""Names that spelling alone does not bring together: old names, brands, other scripts."""

AMINOPENICILLINS = _split("amoxicillin; ampicillin; bacampicillin; pivampicillin; sultamicillin")
AMINOCEPHALOSPORINS = _split("cefalexin; cefadroxil; cefradine; cefaclor; cefprozil; cefatrizine")
SIDE_CHAINS: tuple[tuple[str, ...], ...] = (
    (*AMINOPENICILLINS, *AMINOCEPHALOSPORINS),
    ("benzylpenicillin", "cefoxitin", "cefalotin"),
    ("ceftazidime", "aztreonam", "cefiderocol"),
    ("ceftriaxone", "cefotaxime", "cefepime", "cefpodoxime", "cefditoren"),
)
"""Beta-lactams with the same or a similar R1 side chain [P22]: these cross-react."""

DISTANT: frozenset[frozenset[str]] = frozenset(
    {
        frozenset({"penicillins", "cephalosporins"}),  # about 2 % without a shared side chain
        frozenset({"penicillins", "carbapenems"}),  # below 1 %
        frozenset({"cephalosporins", "carbapenems"}),
        frozenset({"nsaids", "coxibs"}),  # tolerated by most, first dose watched
    }
)
"""Pairs of groups that seldom cross-react: worth a note, no reason to stop [P22]."""
