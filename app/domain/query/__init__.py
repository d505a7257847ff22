# SPDX-License-Identifier: Apache-2.0
"""What a query string asks for: read into predicates, resolved by what is declared, evaluated on plain documents."""
