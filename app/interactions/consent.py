# SPDX-License-Identifier: Apache-2.0
"""Consent and opt-outs, as the privacy profiles of a party say (TMF644)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ConsentPolicy:
    """Consent: which characteristics of privacy profiles (TMF644) tell of it, and which of their values mean what.

    Texts are in lower case. With `required` only who has agreed is asked or told; without, whoever has not refused.
    """

    required: bool
    names: frozenset[str]
    purposes: frozenset[str]
    agreed: frozenset[str]
    refused: frozenset[str]

    def permits(self, profiles: Iterable[Mapping[str, Any]]) -> bool:
        """Whether a party with these live profiles, in their stored shape, permits it; one refusal is enough."""
        said = {value for profile in profiles for value in self._values(profile)}
        return said.isdisjoint(self.refused) and (not self.required or not said.isdisjoint(self.agreed))

    def _values(self, profile: Mapping[str, Any]) -> Iterable[str]:
        for each in profile.get("partyPrivacyProfileCharacteristic", ()):
            # The name as TM Forum publishes it.
            characteristic = each.get("characterisitc", {})
            name, purpose = _text(characteristic.get("name")), _text(each.get("privacyUsagePurpose"))
            if name in self.names or purpose in self.purposes:
                yield _text(characteristic.get("value"))


def _text(value: object) -> str:
    return str(value).strip().lower() if isinstance(value, str | bool) else ""
