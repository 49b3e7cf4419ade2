"""The countries travellers go to: names, mobile country codes (ITU-T E.212), what people call them and mix up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from storefront.catalogue.spelling import fold, slug

_EUROPE: Final = """
AD 213 Andorra|AL 276 Albania|AT 232 Austria|BA 218 Bosnia and Herzegovina|BE 206 Belgium|BG 284 Bulgaria
BY 257 Belarus|CH 228 Switzerland|CY 280 Cyprus|CZ 230 Czechia|DE 262 Germany|DK 238 Denmark|EE 248 Estonia
ES 214 Spain|FI 244 Finland|FO 288 Faroe Islands|FR 208 France|GB 234,235 United Kingdom|GG - Guernsey
GI 266 Gibraltar|GR 202 Greece|HR 219 Croatia|HU 216 Hungary|IE 272 Ireland|IM - Isle of Man|IS 274 Iceland
IT 222 Italy|JE - Jersey|LI 295 Liechtenstein|LT 246 Lithuania|LU 270 Luxembourg|LV 247 Latvia|MC 212 Monaco
MD 259 Moldova|ME 297 Montenegro|MK 294 North Macedonia|MT 278 Malta|NL 204 Netherlands|NO 242 Norway|PL 260 Poland
PT 268 Portugal|RO 226 Romania|RS 220 Serbia|RU 250 Russia|SE 240 Sweden|SI 293 Slovenia|SK 231 Slovakia
SM 292 San Marino|TR 286 Turkey|UA 255 Ukraine|VA 225 Vatican City|XK 221 Kosovo
"""
_ASIA: Final = """
AF 412 Afghanistan|AM 283 Armenia|AZ 400 Azerbaijan|BD 470 Bangladesh|BN 528 Brunei|BT 402 Bhutan|CN 460,461 China
GE 282 Georgia|HK 454 Hong Kong|ID 510 Indonesia|IN 404,405,406 India|JP 440,441 Japan|KG 437 Kyrgyzstan
KH 456 Cambodia|KP 467 North Korea|KR 450 South Korea|KZ 401 Kazakhstan|LA 457 Laos|LK 413 Sri Lanka|MM 414 Myanmar
MN 428 Mongolia|MO 455 Macao|MV 472 Maldives|MY 502 Malaysia|NP 429 Nepal|PH 515 Philippines|PK 410 Pakistan
SG 525 Singapore|TH 520 Thailand|TJ 436 Tajikistan|TL 514 Timor-Leste|TM 438 Turkmenistan|TW 466 Taiwan
UZ 434 Uzbekistan|VN 452 Vietnam
"""
_MIDDLE_EAST: Final = """
AE 424,430,431 United Arab Emirates|BH 426 Bahrain|IL 425 Israel|IQ 418 Iraq|IR 432 Iran|JO 416 Jordan|KW 419 Kuwait
LB 415 Lebanon|OM 422 Oman|PS - Palestine|QA 427 Qatar|SA 420 Saudi Arabia|SY 417 Syria|YE 421 Yemen
"""
_AFRICA: Final = """
AO 631 Angola|BF 613 Burkina Faso|BI 642 Burundi|BJ 616 Benin|BW 652 Botswana|CD 630 DR Congo
CF 623 Central African Republic|CG 629 Congo|CI 612 Ivory Coast|CM 624 Cameroon|CV 625 Cape Verde|DJ 638 Djibouti
DZ 603 Algeria|EG 602 Egypt|ER 657 Eritrea|ET 636 Ethiopia|GA 628 Gabon|GH 620 Ghana|GM 607 Gambia|GN 611 Guinea
GQ 627 Equatorial Guinea|GW 632 Guinea-Bissau|KE 639 Kenya|KM 654 Comoros|LR 618 Liberia|LS 651 Lesotho|LY 606 Libya
MA 604 Morocco|MG 646 Madagascar|ML 610 Mali|MR 609 Mauritania|MU 617 Mauritius|MW 650 Malawi|MZ 643 Mozambique
NA 649 Namibia|NE 614 Niger|NG 621 Nigeria|RE 647 Réunion|RW 635 Rwanda|SC 633 Seychelles|SD 634 Sudan
SL 619 Sierra Leone|SN 608 Senegal|SO 637 Somalia|SS 659 South Sudan|ST 626 São Tomé and Príncipe|SZ 653 Eswatini
TD 622 Chad|TG 615 Togo|TN 605 Tunisia|TZ 640 Tanzania|UG 641 Uganda|YT - Mayotte|ZA 655 South Africa|ZM 645 Zambia
ZW 648 Zimbabwe
"""
_NORTH_AMERICA: Final = """
BM 350 Bermuda|CA 302 Canada|GL 290 Greenland|MX 334 Mexico|US 310,311,312,313,314,315,316 United States
"""
_CARIBBEAN: Final = """
AG 344 Antigua and Barbuda|AI 365 Anguilla|AW 363 Aruba|BB 342 Barbados|BQ - Caribbean Netherlands|BS 364 Bahamas
CU 368 Cuba|CW 362 Curaçao|DM 366 Dominica|DO 370 Dominican Republic|GD 352 Grenada|GP 340 Guadeloupe|HT 372 Haiti
JM 338 Jamaica|KN 356 Saint Kitts and Nevis|KY 346 Cayman Islands|LC 358 Saint Lucia|MQ - Martinique
MS 354 Montserrat|PR 330 Puerto Rico|SX - Sint Maarten|TC 376 Turks and Caicos Islands|TT 374 Trinidad and Tobago
VC 360 Saint Vincent and the Grenadines|VG 348 British Virgin Islands|VI 332 US Virgin Islands
"""
_LATIN_AMERICA: Final = """
AR 722 Argentina|BO 736 Bolivia|BR 724 Brazil|BZ 702 Belize|CL 730 Chile|CO 732 Colombia|CR 712 Costa Rica
EC 740 Ecuador|FK 750 Falkland Islands|GF 742 French Guiana|GT 704 Guatemala|GY 738 Guyana|HN 708 Honduras
NI 710 Nicaragua|PA 714 Panama|PE 716 Peru|PY 744 Paraguay|SR 746 Suriname|SV 706 El Salvador|UY 748 Uruguay
VE 734 Venezuela
"""
_OCEANIA: Final = """
AS 544 American Samoa|AU 505 Australia|CK 548 Cook Islands|FJ 542 Fiji|FM 550 Micronesia|GU 535 Guam|KI 545 Kiribati
MH 551 Marshall Islands|MP 534 Northern Mariana Islands|NC 546 New Caledonia|NR 536 Nauru|NZ 530 New Zealand
PF 547 French Polynesia|PG 537 Papua New Guinea|PW 552 Palau|SB 540 Solomon Islands|TO 539 Tonga|TV 553 Tuvalu
VU 541 Vanuatu|WS 549 Samoa
"""
_BY_REGION: Final = (
    ("Europe", _EUROPE),
    ("Asia", _ASIA),
    ("Middle East", _MIDDLE_EAST),
    ("Africa", _AFRICA),
    ("North America", _NORTH_AMERICA),
    ("Caribbean", _CARIBBEAN),
    ("Latin America", _LATIN_AMERICA),
    ("Oceania", _OCEANIA),
)

_POPULAR: Final = """
JP US TH GB TR FR IT ES KR ID VN AE GR DE PT CH AU CN MX SG MY HK TW EG MA NL AT HR CA IN PH IS NZ IE BR ZA LK KH
NO SE DK FI PL CZ HU BE AL ME QA SA IL MV
"""

_SAID: Final = """
AE uae,emirates,dubai,abu dhabi|BA bosnia|CD congo kinshasa,democratic republic of the congo|CG congo brazzaville
CI cote d ivoire|CN prc,mainland china,peking,beijing,shanghai|CV cabo verde|CZ czech republic,czech,prague,praha
DE deutschland,berlin|ES espana,canary islands,mallorca,majorca,ibiza,tenerife,madrid,barcelona
FR paris,corsica|GB uk,u k,great britain,britain,england,scotland,wales,northern ireland,london
GR hellas,crete,rhodes,athens|HK hongkong|ID bali,jakarta|IE eire,dublin|IT italia,rome,sicily,sardinia
JP nippon,tokyo,osaka,kyoto|KR korea,republic of korea,seoul|LA lao|MA marrakech|MK macedonia|MM burma
MO macau|MX cancun|MY kuala lumpur|NL holland,the netherlands,amsterdam|PF tahiti,bora bora|PH manila,cebu
PT madeira,azores,lisbon|RU russian federation|SZ swaziland|TH bangkok,phuket|TL east timor
TR turkiye,istanbul,antalya|TW taipei|TZ zanzibar|US usa,u s a,u s,america,united states of america,hawaii,new york
VA holy see|VN viet nam,hanoi,saigon|BS the bahamas|GM the gambia|SX st maarten|LC st lucia|KN st kitts
"""

_MIXED_UP: Final = (
    "AT AU|SK SI|NE NG|DM DO|ML MW MV|IS IE|IR IQ|KR KP|CG CD|LV LT|GN GQ GW PG GY|GM ZM|PY UY|SE CH|MR MU|SD SS|WS AS|"
    "VG VI|MC MO MA|HK CN|MK ME|GE US|BG BE|AW CW"
)


@dataclass(frozen=True, slots=True)
class Place:
    """One country; `popularity` is higher for places more people go to, `aliases` are folded spellings."""

    iso2: str
    mccs: tuple[str, ...]
    name: str
    region: str
    popularity: int
    aliases: tuple[str, ...]

    @property
    def slug(self) -> str:
        """What stands in public addresses."""
        return slug(self.name)


def _entries(table: str) -> list[str]:
    return [entry for line in table.strip().splitlines() for entry in line.split("|")]


def _make() -> dict[str, Place]:
    said = {iso2: tuple(names.split(",")) for iso2, names in (entry.split(" ", 1) for entry in _entries(_SAID))}
    ranks = {iso2: 100 - rank for rank, iso2 in enumerate(_POPULAR.split())}
    made = {}
    for region, table in _BY_REGION:
        for entry in _entries(table):
            iso2, mccs, name = entry.split(" ", 2)
            codes = () if mccs == "-" else tuple(mccs.split(","))
            made[iso2] = Place(iso2, codes, name, region, ranks.get(iso2, 0), said.get(iso2, ()))
    return made


PLACES: Final[Mapping[str, Place]] = MappingProxyType(_make())
"""Every country we know, by ISO 3166 two-letter code."""

_BY_MCC: Final = {mcc: place for place in PLACES.values() for mcc in place.mccs}
_BY_NAME: Final = {name: place for place in PLACES.values() for name in (fold(place.name), *place.aliases)}


def place_of(*, iso2: str = "", mcc: str = "", name: str = "") -> Place | None:
    """The country behind a two-letter code, a mobile country code or a name, tried in this order."""
    return PLACES.get(iso2.upper()) or _BY_MCC.get(mcc.strip()) or _BY_NAME.get(fold(name))


def mixed_up_with(iso2: str) -> tuple[Place, ...]:
    """Countries whose names travellers confuse with this one's."""
    for group in _MIXED_UP.split("|"):
        codes = group.split()
        if iso2 in codes:
            return tuple(PLACES[code] for code in codes if code != iso2)
    return ()
