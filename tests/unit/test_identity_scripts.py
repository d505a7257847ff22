# SPDX-License-Identifier: Apache-2.0
"""Names in Cyrillic, Greek and Arabic are compared with what they are in Latin letters."""

import pytest

from app.identity.matching import load_rules

RULES = load_rules(None)
BORN = "1984-03-17T00:00:00Z"

SAME = [
    (("Юлия", "Щербакова"), ("Julia", "Shcherbakova")),
    (("Алексей", "Иванов"), ("Aleksei", "Ivanoff")),
    (("Дмитрий", "Чайковский"), ("Dmitri", "Tchaikovsky")),
    (("Михаил", "Горбачёв"), ("Mikhail", "Gorbachev")),
    (("Екатерина", "Кузнецова"), ("Ekaterina", "Kuznetsova")),
    (("Ксения", "Цветаева"), ("Xenia", "Tsvetayeva")),
    (("Олександр", "Шевченко"), ("Oleksandr", "Shevchenko")),
    (("Γιώργος", "Παπαδόπουλος"), ("Giorgos", "Papadopoulos")),
    (("Ευάγγελος", "Βενιζέλος"), ("Evangelos", "Venizelos")),
    (("Δημήτρης", "Αντωνίου"), ("Dimitris", "Antoniou")),
    (("Χρήστος", "Μπακάλης"), ("Christos", "Bakalis")),
    (("Ελένη", "Χατζή"), ("Eleni", "Hatzi")),
    (("محمد", "أحمد"), ("Mohammed", "Ahmed")),
    (("محمد", "احمد"), ("Muhammad", "Ahmad")),
    (("فاطمة", "الزهراء"), ("Fatima", "Al-Zahra")),
    (("يوسف", "خالد"), ("Youssef", "Khaled")),
    (("حسين", "علي"), ("Hussein", "Ali")),
    (("عمر", "عبد الله"), ("Omar", "Abdullah")),
    (("خالد", "بن سعيد"), ("Khalid", "bin Saeed")),
    (("سارة", "حسن"), ("Sarah", "Hassan")),
    (("عبد الرحمن", "السيد"), ("Abdulrahman", "El-Sayed")),
    (("Łukasz", "Wałęsa"), ("Lukasz", "Walesa")),
    (("Jürgen", "Müller"), ("Juergen", "Mueller")),
    (("Seán", "O’Brien"), ("Sean", "OBrien")),
]

DIFFERENT = [
    (("Юлия", "Щербакова"), ("Olga", "Ivanova")),
    (("Михаил", "Горбачёв"), ("Nikita", "Khrushchev")),
    (("Γιώργος", "Παπαδόπουλος"), ("Eleni", "Antoniou")),
    (("محمد", "أحمد"), ("Hassan", "Khalil")),
    (("فاطمة", "الزهراء"), ("Layla", "Mansour")),
]


def individual(name: tuple[str, str], born: str = BORN) -> dict[str, str]:
    return {"@type": "Individual", "givenName": name[0], "familyName": name[1], "birthDate": born}


def grade(one: dict[str, str], other: dict[str, str]) -> str:
    first, second = RULES.record(one), RULES.record(other)
    assert first is not None
    assert second is not None
    return RULES.compare(first, second).grade


@pytest.mark.parametrize(("name", "in_latin"), SAME)
def test_a_name_is_possible_in_another_script_and_a_key_leads_to_it(
    name: tuple[str, str], in_latin: tuple[str, str]
) -> None:
    assert grade(individual(name), individual(in_latin)) in ("certain", "possible")
    keys = [RULES.keys(record) for each in (name, in_latin) if (record := RULES.record(individual(each)))]
    assert keys[0] & keys[1]


@pytest.mark.parametrize(("name", "in_latin"), DIFFERENT)
def test_another_name_is_not_possible_in_another_script(name: tuple[str, str], in_latin: tuple[str, str]) -> None:
    assert grade(individual(name), individual(in_latin, "1971-11-05T00:00:00Z")) == "no"
    assert grade(individual(name), individual(in_latin)) != "certain"


def organization(name: str) -> dict[str, object]:
    address = {"street1": "Hafenstrasse 4", "city": "Altenfurt", "postCode": "20457"}
    return {"@type": "Organization", "name": name, "contactMedium": [address]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Altona Logistik GmbH & Co. KG", "Altona Logistik"),
        ("Boulangerie du Port S.A.R.L.", "Boulangerie du Port SARL"),
        ("ООО Северсталь", "Severstal"),
        ("Ελληνικά Τρόφιμα Α.Ε.", "Ellinika Trofima"),
        ("Brightwater Ltd.", "BRIGHTWATER LIMITED"),
        ("Kraków Tech Sp. z o.o.", "Krakow Tech"),
    ],
)
def test_legal_forms_are_no_part_of_a_name(one: str, other: str) -> None:
    first, second = RULES.record(organization(one)), RULES.record(organization(other))
    assert first is not None
    assert second is not None
    assert RULES.compare(first, second).grade == "certain"
