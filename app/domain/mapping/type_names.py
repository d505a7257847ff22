# SPDX-License-Identifier: Apache-2.0
"""Which type names clients may write in any letter case."""

TYPE_NAMES = {
    name.lower(): name
    for name in (
        "Party",
        "Individual",
        "Organization",
        "PartyRole",
        "Customer",
        "Supplier",
        "BusinessPartner",
        "Consumer",
        "Producer",
        "PartyInteraction",
    )
}
"""The names of types in the letter case of the documents, by the names in lower case.

They are the classes of parties and of their roles in version 5, and the resources that references are checked by
(`Api.referred_by_type`), as `tests/unit/test_type_names.py` holds. This is no list of the APIs: one API more, which a
deployment may bring, would change how the references of all others are spelt.
"""
