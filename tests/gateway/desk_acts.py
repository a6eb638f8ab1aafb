"""All that staff do at the desk, each on the newest of what it is done to; in this order."""

from dataclasses import dataclass
from typing import Any

from app.foundation.caller import StaffRole

AGENT, SUPERVISOR, DIRECTOR = StaffRole.AGENT, StaffRole.SUPERVISOR, StaffRole.DIRECTOR
RISK, PARTNER_AGENT = StaffRole.RISK, StaffRole.PARTNER_AGENT


@dataclass(frozen=True)
class Act:
    """
    A document, who sends it, and its input but for the key.

    `<…>` stands for an id: of a row, by its letters; of a member of staff, by their role; of what
    came of an act before, by its name, and of something else in that answer as `<Name.field>`.
    `<n>` counts the rounds.
    """

    name: str
    by: StaffRole
    given: dict[str, Any]


ABOUT_A_LOAN = {"loanId": "<loan>", "note": "说好的"}
POLICY = """
name = "reading_seconds_min"
effective_from = 2027-01-0<n>
value = 1<n>
unit = "seconds"
kind = "reading"
source = "青苗的做法"
meaning.zh-Hans = "明示表至少要看这么多秒。"
meaning.en = "The certificate must be on screen this long."
"""
ACTS = (
    Act("BeginCallBack", AGENT, {"assistedId": "<as>"}),
    Act(
        "AnswerCallBack",
        AGENT,
        {
            "assistedId": "<as>",
            "amount": 20_000_000,
            "months": 12,
            "isOwnWish": True,
            "paidNobody": True,
        },
    ),
    Act(
        "StartAssisted",
        PARTNER_AGENT,
        {
            "phone": "13900001111",
            "productId": "<product>",
            "regionCode": "610629",
            "amount": 500_000,
            "months": 12,
            "purpose": "买肥料",
        },
    ),
    Act("StartCash", PARTNER_AGENT, {"code": "<code>", "amount": 10_000}),
    Act("AnswerHumanReview", RISK, {"reviewId": "<hv>", "isUpheld": True, "answer": "看过了"}),
    Act("TakeReferredApplication", RISK, {"applicationId": "<ap>"}),
    Act(
        "ReviewApplication",
        RISK,
        {"applicationId": "<ap>", "isApproved": False, "reasons": ["PHONE_NEW"]},
    ),
    Act("TakeTicket", AGENT, {"ticketId": "<tk>"}),
    Act("AssignTicket", SUPERVISOR, {"ticketId": "<tk>", "staffId": "<AGENT>"}),
    Act("ExtendTicket", AGENT, {"ticketId": "<tk>", "kind": "COMPLEX", "reason": "要查"}),
    Act("DecideExtension", DIRECTOR, {"extensionId": "<te>", "isGranted": False}),
    Act("AnswerTicket", AGENT, {"ticketId": "<tk>", "text": "查清了"}),
    Act(
        "CloseTicket",
        AGENT,
        {
            "ticketId": "<tk>",
            "subcategory": "FEES",
            "outcome": "EXPLAINED",
            "rootCause": "UNCLEAR_WORDS",
        },
    ),
    Act("LogTicket", AGENT, {"borrowerId": "<borrower>", "category": "QUESTION", "text": "来电问"}),
    Act("RecordVisit", AGENT, {"visitId": "<tv>", "outcome": "NOT_REACHED"}),
    Act("AssignCollectionCase", SUPERVISOR, {"caseId": "<cc>", "toStaff": "<AGENT>"}),
    Act("AdvanceCollectionCase", SUPERVISOR, {"caseId": "<cc>", "stage": "CARE"}),
    Act("RequestContactPermit", AGENT, {"caseId": "<cc>", "channel": "VOICE", "purpose": "REMIND"}),
    Act(
        "RecordContact",
        AGENT,
        {
            "permitId": "<RequestContactPermit>",
            "outcome": "NO_ANSWER",
            "beganAt": "<now>",
            "offeredRelief": False,
        },
    ),
    Act("MarkCollectionCase", SUPERVISOR, {"caseId": "<cc>", "reason": "SPECIAL_CARE"}),
    Act(
        "DecideCollectionMark",
        DIRECTOR,
        {"holdId": "<MarkCollectionCase.holds>", "isConfirmed": True},
    ),
    Act(
        "RequestReveal",
        AGENT,
        {"subject": "<borrower>", "field": "BANK_CARD", "reason": "BORROWER_ASKED"},
    ),
    Act("DecideReveal", SUPERVISOR, {"requestId": "<rq>", "isApproved": True}),
    Act("Reveal", AGENT, {"subject": "<borrower>", "field": "PHONE", "reason": "BORROWER_ASKED"}),
    Act(
        "AskExport",
        SUPERVISOR,
        {
            "kind": "LOANS",
            "since": "2026-11-01",
            "until": "2026-11-21",
            "reason": "COMPLAINT",
            "why": "查",
        },
    ),
    Act("DecideExport", DIRECTOR, {"exportId": "<AskExport>", "isApproved": True}),
    Act("DownloadExport", SUPERVISOR, {"exportId": "<AskExport>"}),
    Act(
        "IdentifyBorrower",
        SUPERVISOR,
        {"identificationId": "<if>", "isBorrower": False, "reason": "不是本人"},
    ),
    Act("LiftDisbursementFreeze", RISK, {"freezeId": "<fz>", "reason": "见过本人"}),
    Act("ProposeDataCorrection", AGENT, {"requestId": "<cq>", "isRight": False, "note": "没错"}),
    Act(
        "DecideDataCorrection",
        SUPERVISOR,
        {"requestId": "<cq>", "isConfirmed": True, "answer": "没错"},
    ),
    Act(
        "ProposeCareCoupon",
        AGENT,
        {"borrowerId": "<borrower>", "campaign": "CARE_20", "reason": "LONG_WAIT"},
    ),
    Act("DecideRewardReview", SUPERVISOR, {"reviewId": "<ProposeCareCoupon>", "isApproved": True}),
    Act("AnswerInvitation", AGENT, {"invitationId": "<iv>", "isGrant": False}),
    Act(
        "ProposeCashHandover",
        SUPERVISOR,
        {"partnerCode": "qingshi_shop", "amount": 10_000, "reference": "ICBC-<n>"},
    ),
    Act("DecideCashHandover", RISK, {"handoverId": "<ProposeCashHandover>", "isConfirmed": False}),
    Act(
        "ResolveReconciliationDifference",
        SUPERVISOR,
        {"differenceId": "<rd>", "resolution": "MONEY_RETURNED"},
    ),
    Act("RepeatMessage", SUPERVISOR, {"messageId": "<ms>"}),
    Act("ProposeCourse", SUPERVISOR, {}),
    Act(
        "DecideCourse",
        RISK,
        {
            "courseVersionId": "<ProposeCourse>",
            "version": "<ProposeCourse.version>",
            "isApproved": False,
        },
    ),
    Act("ProposeNews", SUPERVISOR, {"versionId": "<product>", "why": "新品"}),
    Act("DecideNews", DIRECTOR, {"newsId": "<ProposeNews>", "isApproved": True}),
    Act("ProposeVersion", RISK, {"kind": "POLICY", "document": POLICY, "why": "十秒读不完一屏。"}),
    Act(
        "DecideVersion",
        DIRECTOR,
        {"proposalId": "<ProposeVersion>", "sha256": "<ProposeVersion.sha256>", "isApproved": True},
    ),
    Act(
        "ProposeDelisting",
        RISK,
        {"partnerCode": "<shop>", "effectiveFrom": "2027-02-01", "why": "到期"},
    ),
    Act(
        "ProposeWithdrawal",
        RISK,
        {"productCode": "family_travel", "effectiveFrom": "2027-01-01", "why": "没人借"},
    ),
    Act("TakeBackVersion", RISK, {"proposalId": "<ProposeWithdrawal>"}),
    Act("ProposeRoleChange", SUPERVISOR, {"name": "li.auditor", "role": "RISK"}),
    Act("DecideRoleChange", DIRECTOR, {"changeId": "<ProposeRoleChange>", "isApproved": False}),
    Act(
        "DecideCorrection", SUPERVISOR, {"correctionId": "<co>", "isApproved": True, "note": "同意"}
    ),
    Act("ProposeRateCut", AGENT, {**ABOUT_A_LOAN, "reason": "AGREED", "annualRate": "0.08"}),
    Act("WithdrawCorrection", AGENT, {"correctionId": "<ProposeRateCut>"}),
    Act(
        "ProposeDeferral",
        AGENT,
        {**ABOUT_A_LOAN, "reason": "AGREED", "periods": 1, "leavesOut": "PRINCIPAL"},
    ),
    Act("ProposeRescheduling", AGENT, {**ABOUT_A_LOAN, "reason": "AGREED", "count": 9}),
    Act(
        "ProposeReversal",
        AGENT,
        {"repaymentId": "<repayment>", "reason": "BOOKED_IN_ERROR", "note": "说好的"},
    ),
    Act("ProposeWriteOff", AGENT, {**ABOUT_A_LOAN, "reason": "LONG_UNPAID"}),
    Act(
        "DecideCorrection",
        DIRECTOR,
        {"correctionId": "<ProposeWriteOff>", "isApproved": True, "note": "同意"},
    ),
    Act("ProposeRecovery", AGENT, {**ABOUT_A_LOAN, "reason": "MONEY_CAME", "amount": 10_000}),
    Act("ProposeReopening", AGENT, {**ABOUT_A_LOAN, "reason": "AGREED"}),
    Act("RemoveStaffPasskey", AGENT, {"passkeyId": "<sk>"}),
)
WAYS_IN = {"AddStaffPasskey", "StaffSignIn", "StaffSignOut", "StaffStepUp"}
"""Not among them: one's own way in and out, whatever waits at the desk."""
PROPOSED_ALIKE = {"ProposeCharge", "ProposeWaiver"}
"""Nor these: corrections that a loan has to be late for, proposed by the same steps as others."""
