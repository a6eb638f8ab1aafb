"""Every root field of the desk's graph, and the roles that it answers; nobody else."""

from datetime import datetime

import pytest

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import Database, business_date
from app.foundation.errors import Forbidden
from app.foundation.graphql import Context
from app.gateway.schema import STAFF_SCHEMA
from tests.gateway.test_partner_agents import asked, fields
from tests.support.conftest import enroll

ALLOWED: dict[str, str] = {
    "AGENT SUPERVISOR DIRECTOR RISK CONTENT_EDITOR AUDITOR": (
        "addStaffPasskey catalogVersions "
        "disbursementFreezes identifications removeStaffPasskey staffMe staffPasskeyChallenge "
        "staffPasskeys staffSignIn staffSignOut staffStepUp startAssisted"
    ),
    "AGENT SUPERVISOR DIRECTOR RISK AUDITOR": (
        "borrowerPoints handovers heldInvitations rewardCampaigns rewardReviews"
    ),
    "AGENT SUPERVISOR DIRECTOR AUDITOR": (
        "collectionCase collectionCases complaintFigures correction corrections extensionsAsked"
    ),
    "SUPERVISOR DIRECTOR RISK AUDITOR": (
        "askExport downloadExport exports funderReport interestPayers partnerFigures "
        "regionReport settlement"
    ),
    "AGENT SUPERVISOR DIRECTOR RISK": "answerInvitation proposeCareCoupon",
    "AGENT SUPERVISOR DIRECTOR": (
        "markCollectionCase proposeCharge proposeDeferral proposeRateCut proposeRecovery "
        "proposeReopening proposeRescheduling proposeReversal proposeWaiver proposeWriteOff "
        "withdrawCorrection"
    ),
    "AGENT SUPERVISOR AUDITOR": "borrowerView findBorrowers ticket tickets visitsDue",
    "SUPERVISOR DIRECTOR RISK": (
        "cashHandovers cashTills decideCashHandover proposeCashHandover "
        "decideRewardReview courseVersions deadLetters news ordersStuck proposeCourse "
        "proposeDelisting proposeNews "
        "proposeVersion proposeWithdrawal reconciliationDifferences repeatMessage "
        "resolveReconciliationDifference takeBackVersion versionProposal versionProposals"
    ),
    "AGENT SUPERVISOR RISK": "requestReveal reveal",
    "SUPERVISOR DIRECTOR": (
        "advanceCollectionCase assignCollectionCase decideCollectionMark decideCorrection "
        "decideReveal decideRoleChange proposeRoleChange revealRequests roleChanges"
    ),
    "AGENT SUPERVISOR": (
        "answerCallBack answerTicket assistedToCall beginCallBack closeTicket dataCorrection "
        "dataCorrections extendTicket logTicket proposeDataCorrection recordContact recordVisit "
        "requestContactPermit takeTicket"
    ),
    "DIRECTOR AUDITOR": "decideExport",
    "SUPERVISOR RISK": (
        "earlyWarnings referredApplications reviewApplication takeReferredApplication"
    ),
    "DIRECTOR RISK": "decideCourse decideNews decideVersion",
    "SUPERVISOR": "assignTicket decideDataCorrection identifyBorrower",
    "DIRECTOR": "decideExtension",
    "AUDITOR": "alarms auditEntries",
    "RISK": "answerHumanReview humanReview humanReviews liftDisbursementFreeze",
    "": "assistedByMe cashByMe startCash",
}
"""Fields by the roles that they answer; the first are everybody's of ours, and ways in."""


async def roles_of(callers: list[StaffCaller], kind: str, document: str, now: datetime) -> str:
    """Ask as everybody, about nobody, and return who was not forbidden."""
    let_in: list[str] = []
    for caller in callers:
        context = Context(caller=caller, language="en", now=now, today=await business_date())
        answer = await STAFF_SCHEMA.execute(f"{kind} {{ it: {document} }}", context_value=context)
        data = (answer.data or {}).get("it")
        code = data.get("code") if isinstance(data, dict) else None
        errors = answer.errors or ()
        is_forbidden = code == "FORBIDDEN" or any(
            isinstance(error.original_error, Forbidden) for error in errors
        )
        if not is_forbidden:
            let_in.append(caller.role.value)
    return " ".join(let_in)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_field_of_the_desk_says_whose_it_is(database: Database) -> None:
    callers = [await enroll(role) for role in StaffRole if role is not StaffRole.PARTNER_AGENT]
    expected = {name: roles for roles, names in ALLOWED.items() for name in names.split()}
    found = {
        name: await roles_of(callers, kind, asked(name, field), database.clock.now())
        for kind, name, field in fields()
    }
    assert found == expected, "say in the table above whose a new field is"
