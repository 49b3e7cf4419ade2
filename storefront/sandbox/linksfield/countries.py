"""The countries of the pretend supplier: mobile country code, two letters, ISO name, region, price level.

Code and letters are real. The price level is what a gigabyte roughly costs, relative to a cheap European country.
"""

from __future__ import annotations

from dataclasses import dataclass

EUROPE = "Europe"
ASIA = "Asia"
MIDDLE_EAST = "Middle East"
AFRICA = "Africa"
NORTH_AMERICA = "North America"
SOUTH_AMERICA = "South America"
CARIBBEAN = "Caribbean"
OCEANIA = "Oceania"

_TABLE = """
232 AT 1.0 2 Europe|Austria
206 BE 1.0 2 Europe|Belgium
284 BG 0.9 1 Europe|Bulgaria
219 HR 1.0 2 Europe|Croatia
230 CZ 1.0 2 Europe|Czechia
238 DK 1.0 1 Europe|Denmark
248 EE 0.9 1 Europe|Estonia
244 FI 1.0 1 Europe|Finland
208 FR 1.0 3 Europe|France
262 DE 1.0 3 Europe|Germany
202 GR 1.1 3 Europe|Greece
216 HU 0.9 1 Europe|Hungary
274 IS 1.5 1 Europe|Iceland
272 IE 1.0 1 Europe|Ireland
222 IT 1.0 3 Europe|Italy
247 LV 0.9 1 Europe|Latvia
295 LI 1.6 0 Europe|Liechtenstein
246 LT 0.9 1 Europe|Lithuania
270 LU 1.0 0 Europe|Luxembourg
278 MT 1.1 1 Europe|Malta
204 NL 1.0 2 Europe|Netherlands
242 NO 1.1 1 Europe|Norway
260 PL 0.9 2 Europe|Poland
268 PT 1.0 2 Europe|Portugal
226 RO 0.9 1 Europe|Romania
231 SK 0.9 1 Europe|Slovakia
293 SI 0.9 1 Europe|Slovenia
214 ES 1.0 3 Europe|Spain
240 SE 1.0 1 Europe|Sweden
228 CH 1.4 2 Europe|Switzerland
234 GB 1.1 3 Europe|United Kingdom
280 CY 1.1 0 Europe|Cyprus
286 TR 1.2 3 Europe|Türkiye
276 AL 1.6 1 Europe|Albania
218 BA 1.6 1 Europe|Bosnia and Herzegovina
297 ME 1.6 1 Europe|Montenegro
294 MK 1.6 0 Europe|North Macedonia
220 RS 1.5 1 Europe|Serbia
440 JP 1.1 3 Asia|Japan
450 KR 1.1 3 Asia|Korea, Republic of
460 CN 1.3 2 Asia|China
454 HK 0.9 2 Asia|Hong Kong
466 TW 1.0 2 Asia|Taiwan
520 TH 0.9 3 Asia|Thailand
502 MY 0.9 2 Asia|Malaysia
525 SG 0.9 2 Asia|Singapore
510 ID 1.0 2 Asia|Indonesia
452 VN 0.9 2 Asia|Viet Nam
404 IN 1.3 1 Asia|India
424 AE 2.2 3 Middle East|United Arab Emirates
420 SA 2.0 1 Middle East|Saudi Arabia
427 QA 2.2 1 Middle East|Qatar
419 KW 2.0 1 Middle East|Kuwait
426 BH 2.1 0 Middle East|Bahrain
422 OM 2.2 0 Middle East|Oman
602 EG 1.8 2 Africa|Egypt
604 MA 1.7 1 Africa|Morocco
655 ZA 2.0 1 Africa|South Africa
614 NE 6.5 0 Africa|Niger
621 NG 3.4 0 Africa|Nigeria
310 US 1.3 3 North America|United States
302 CA 1.5 2 North America|Canada
334 MX 1.5 2 North America|Mexico
724 BR 1.7 1 South America|Brazil
366 DM 4.2 0 Caribbean|Dominica
370 DO 2.8 1 Caribbean|Dominican Republic
338 JM 2.9 1 Caribbean|Jamaica
342 BB 3.6 0 Caribbean|Barbados
505 AU 1.2 2 Oceania|Australia
530 NZ 1.3 1 Oceania|New Zealand
"""


@dataclass(frozen=True, slots=True)
class Country:
    """A country on sale; `demand` (0-3) decides how many plans it has."""

    mcc: str
    iso2: str
    level: float
    demand: int
    region: str
    name: str


def all_countries() -> list[Country]:
    """Every country of the pretend supplier, region by region."""
    return [_read(line) for line in _TABLE.strip().splitlines()]


def _read(line: str) -> Country:
    facts, _, name = line.partition("|")
    mcc, iso2, level, demand, region = facts.split(" ", 4)
    return Country(mcc, iso2, float(level), int(demand), region, name)
