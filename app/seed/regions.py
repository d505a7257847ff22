# SPDX-License-Identifier: Apache-2.0
"""The operator's regions: invented towns, unassigned post codes and telephone ranges that are kept free for fiction."""

from dataclasses import dataclass

from app.seed.draw import Shares
from app.seed.words import ORIGINS

ELSEWHERE = 1.6
"""Weight of each origin that is not a region's own, where its own have about 80 together."""


@dataclass(frozen=True)
class Region:
    """A part of the market. In the patterns `#` stands for a digit, and `{}` in a street for the house."""

    country: str
    nationality: str
    languages: Shares[str]
    origins: Shares[str]
    towns: tuple[str, ...]
    streets: tuple[str, ...]
    post_code: str
    mobiles: tuple[str, ...]
    landlines: tuple[str, ...]
    legal_forms: tuple[str, ...]


def _origins(**own: float) -> Shares[str]:
    return Shares({name: own.get(name, ELSEWHERE) for name in ORIGINS})


BRITAIN = Region(
    country="United Kingdom",
    nationality="British",
    languages=Shares({"en": 97, "cy": 3}),
    origins=_origins(English=70, Irish=6, Indian=6),
    towns=("Marrowfield", "Upper Tansley", "Brackenmouth", "Ottershaw Green", "Kelderby", "Pennyquick"),
    streets=("{} Mill Lane", "{} Orchard Rise", "{} Tanners Row", "{} Station Parade", "Flat 2, {} Heron Court"),
    post_code="ZQ## #XY",
    mobiles=("+44 7700 900###",),
    landlines=("+44 20 7946 0###", "+44 161 496 0###", "+44 131 496 0###"),
    legal_forms=("Ltd", "LLP", "plc"),
)
IRELAND = Region(
    country="Ireland",
    nationality="Irish",
    languages=Shares({"en": 90, "ga": 10}),
    origins=_origins(Irish=70, English=6, Polish=6),
    towns=("Ballynamore", "Kilcarrow", "Dunfeigh", "Rathmullet", "Inishcoo"),
    streets=("{} Chapel Road", "{} The Quay", "{} Bog Lane", "{} Fairgreen Terrace"),
    post_code="Z## X###",
    mobiles=("+353 20 91# ####",),
    landlines=("+353 20 91# ####",),
    legal_forms=("Teoranta", "Ltd", "DAC"),
)
AMERICA = Region(
    country="United States",
    nationality="American",
    languages=Shares({"en": 84, "es": 16}),
    origins=_origins(English=50, Spanish=18, Irish=6, Chinese=5),
    towns=("Cedar Hollow Falls", "Port Ansley", "Red Mesa Junction", "Harlan Creek", "New Tilbury", "Elk Prairie"),
    streets=("{} Cottonwood Drive", "{} Juniper Street", "{} Lakeview Avenue", "{} Old Ferry Road", "{} W 9th Street"),
    post_code="000##",
    mobiles=("+1-202-555-01##", "+1-303-555-01##", "+1-512-555-01##", "+1-617-555-01##"),
    landlines=("+1-206-555-01##", "+1-312-555-01##", "+1-404-555-01##"),
    legal_forms=("Inc.", "LLC", "Corp."),
)
AUSTRALIA = Region(
    country="Australia",
    nationality="Australian",
    languages=Shares({"en": 100}),
    origins=_origins(English=55, Irish=8, Chinese=8, Indian=6),
    towns=("Wirrabilla", "Coorong Downs", "Mount Larkin", "Yarrandale"),
    streets=("{} Banksia Crescent", "{} Jetty Road", "{} Wattle Street"),
    post_code="00##",
    mobiles=("+61 491 570 006", "+61 491 570 156", "+61 491 570 157", "+61 491 570 158", "+61 491 570 159"),
    landlines=("+61 2 5550 ####", "+61 3 5550 ####", "+61 7 5550 ####"),
    legal_forms=("Pty Ltd", "Ltd"),
)
FRANCE = Region(
    country="France",
    nationality="French",
    languages=Shares({"fr": 98, "br": 2}),
    origins=_origins(French=65, Arabic=10),
    towns=("Saint-Aubin-les-Prés", "Montclairval", "Beaurivage-sur-Orle", "Villeneuve-le-Héron", "Châteaufroid"),
    streets=("{} rue des Tilleuls", "{} avenue du Marché", "{} bis impasse Verte", "{} place de la Fontaine"),
    post_code="000##",
    mobiles=("+33 6 39 98 ## ##",),
    landlines=("+33 1 99 00 ## ##", "+33 4 65 71 ## ##"),
    legal_forms=("SARL", "SAS", "SA"),
)
GERMANY = Region(
    country="Germany",
    nationality="German",
    languages=Shares({"de": 94, "tr": 6}),
    origins=_origins(German=60, Turkish=10, Polish=8),
    towns=("Oberlindach", "Bad Weidenbrück", "Krähenstedt", "Süderwörth", "Hinterforst"),
    streets=("Lindenallee {}", "Am Bahndamm {}", "Große Gasse {}", "Mühlenweg {}a"),
    post_code="000##",
    mobiles=("+49 171 39200##", "+49 176 040690##"),
    landlines=("+49 30 23125###", "+49 40 66969###", "+49 89 99998###"),
    legal_forms=("GmbH", "KG", "AG", "e. V."),
)
SWEDEN = Region(
    country="Sweden",
    nationality="Swedish",
    languages=Shares({"sv": 95, "fi": 5}),
    origins=_origins(Swedish=70, Arabic=5),
    towns=("Älvsunda", "Norrtorpa", "Björkholmen", "Lillåby"),
    streets=("Storgatan {}", "Skolvägen {}", "Björkstigen {}"),
    post_code="000 ##",
    mobiles=("+46 70 174 06 1#", "+46 70 174 06 3#", "+46 70 174 06 5#", "+46 70 174 06 8#"),
    landlines=("+46 8 465 004 ##",),
    legal_forms=("AB", "HB"),
)

REGIONS = Shares({BRITAIN: 26.0, AMERICA: 22.0, GERMANY: 15.0, FRANCE: 14.0, IRELAND: 9.0, SWEDEN: 8.0, AUSTRALIA: 6.0})
"""Regions with their shares of the customers."""
