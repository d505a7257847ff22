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
"""The names of types in the letter case of the documents, by the names in lower case."""
