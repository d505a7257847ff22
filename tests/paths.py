# SPDX-License-Identifier: Apache-2.0
"""Where the APIs and their resources are served, written out: who moves one breaks clients."""

PARTY = "/tmf-api/party/v4"
EVENTS = "/tmf-api/event/v4"

INDIVIDUAL = f"{PARTY}/individual"
ORGANIZATION = f"{PARTY}/organization"
CUSTOMER = "/tmf-api/customerManagement/v4/customer"
PARTY_ROLE = "/tmf-api/partyRoleManagement/v4/partyRole"
INTERACTION = "/tmf-api/partyInteraction/v4/partyInteraction"
PRIVACY_PROFILE = "/tmf-api/privacyManagement/v4/partyPrivacyProfile"
PRIVACY_SPECIFICATION = "/tmf-api/privacyManagement/v4/partyPrivacyProfileSpecification"
PRIVACY_AGREEMENT = "/tmf-api/privacyManagement/v4/partyPrivacyAgreement"

INDIVIDUAL_V5 = "/tmf-api/party/v5/individual"
ORGANIZATION_V5 = "/tmf-api/party/v5/organization"
CUSTOMER_V5 = "/tmf-api/customerManagement/v5/customer"
PARTY_ROLE_V5 = "/tmf-api/partyRoleManagement/v5/partyRole"
PARTY_ROLE_SPECIFICATION = "/tmf-api/partyRoleManagement/v5/partyRoleSpecification"
INTERACTION_V5 = "/tmf-api/partyInteraction/v5/partyInteraction"
PRIVACY_PROFILE_V5 = "/tmf-api/privacyManagement/v5/partyPrivacyProfile"
PRIVACY_SPECIFICATION_V5 = "/tmf-api/privacyManagement/v5/partyPrivacyProfileSpecification"
PRIVACY_AGREEMENT_V5 = "/tmf-api/privacyManagement/v5/partyPrivacyAgreement"

LEGAL_HOLD = "/tmf-api/legalHoldManagement/v5/legalHold"
CHANNEL = "/tmf-api/channelManagement/v5/channel"
SATISFACTION_SURVEY = "/tmf-api/satisfactionManagement/v5/satisfactionSurvey"
