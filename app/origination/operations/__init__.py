"""The use cases from a wish to money, each one transaction; outside calls stand between them."""

from app.origination.operations.answering import tell_guarantors
from app.origination.operations.applying import (
    save_application,
    start_application,
    submit_application,
    withdraw_application,
)
from app.origination.operations.assisting import (
    answer_call_back,
    begin_call_back,
    confirm_assisted,
    decline_assisted,
    end_assisted,
    start_assisted,
)
from app.origination.operations.certifying import (
    Checked,
    ComprehensionChecked,
    accept_offer,
    answer_comprehension,
    confirm_cost,
    open_certificate,
)
from app.origination.operations.consenting import give_consent, let_go_of_consent, revoke_consent
from app.origination.operations.deciding import (
    assess_application,
    assess_waiting,
    person_reference,
)
from app.origination.operations.disbursing import (
    accept_disbursement_notice,
    poll_disbursements,
    start_disbursement,
)
from app.origination.operations.documents import (
    add_document,
    append_bytes,
    finish_upload,
    receive_last,
    remove_document,
    take_back_bytes,
    tend_uploads,
)
from app.origination.operations.drawing import draw_down
from app.origination.operations.expiring import expire_due
from app.origination.operations.guaranteeing import (
    begin_guarantee,
    give_guarantee,
    name_guarantor,
    refuse_guarantee,
)
from app.origination.operations.handing_over import (
    consent_to_handover,
    hand_over,
    prepare_handover,
    withdraw_handover,
)
from app.origination.operations.leaving import hold_what_ends, take_back_all
from app.origination.operations.marking import forget_marks
from app.origination.operations.monitoring import monitor_month
from app.origination.operations.overturning import decide_after_review
from app.origination.operations.recalling import recall
from app.origination.operations.reconciling import disbursement_book
from app.origination.operations.reviewing import Reviewed, review_application, take_referred
from app.origination.operations.sending_handovers import (
    accept_lender_word,
    poll_handovers,
    recall_handover,
    send_handover,
)
from app.origination.operations.signing import SignatureBegun, begin_signature, sign_agreement
from app.origination.operations.staff_leaving import give_reviews_back, withdraw_proposals

__all__ = [
    "Checked",
    "ComprehensionChecked",
    "Reviewed",
    "SignatureBegun",
    "accept_disbursement_notice",
    "accept_lender_word",
    "accept_offer",
    "add_document",
    "answer_call_back",
    "answer_comprehension",
    "append_bytes",
    "assess_application",
    "assess_waiting",
    "begin_call_back",
    "begin_guarantee",
    "begin_signature",
    "confirm_assisted",
    "confirm_cost",
    "consent_to_handover",
    "decide_after_review",
    "decline_assisted",
    "disbursement_book",
    "draw_down",
    "end_assisted",
    "expire_due",
    "finish_upload",
    "forget_marks",
    "give_consent",
    "give_guarantee",
    "give_reviews_back",
    "hand_over",
    "hold_what_ends",
    "let_go_of_consent",
    "monitor_month",
    "name_guarantor",
    "open_certificate",
    "person_reference",
    "poll_disbursements",
    "poll_handovers",
    "prepare_handover",
    "recall",
    "recall_handover",
    "receive_last",
    "refuse_guarantee",
    "remove_document",
    "review_application",
    "revoke_consent",
    "save_application",
    "send_handover",
    "sign_agreement",
    "start_application",
    "start_assisted",
    "start_disbursement",
    "submit_application",
    "take_back_all",
    "take_back_bytes",
    "take_referred",
    "tell_guarantors",
    "tend_uploads",
    "withdraw_application",
    "withdraw_handover",
    "withdraw_proposals",
]
