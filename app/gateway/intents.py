"""`beginIntent`: one door to the text of every act that needs the borrower's approval."""

from typing import Annotated

import strawberry

from app.catalog import queries as catalog
from app.foundation.caller import BorrowerCaller
from app.foundation.errors import Refusal
from app.foundation.graphql import Fen, Info, PlainProblem, checked_id, problem_of
from app.identity import operations as identity
from app.identity.graphql import Intent
from app.identity.rules import BeginBankCardChange
from app.identity.rules.intents import IntentOpened
from app.identity.rules.phones import BeginPhoneChange
from app.identity.rules.wallets import BeginWalletChange
from app.origination import operations as origination
from app.origination.rules.commands import BeginSignature
from app.payments import operations as payments
from app.payments.graphql.mandates.inputs import HASH_LENGTH
from app.servicing.rules import LoanRef

_KEY = "Chosen by the sender; the same key and input again get the same answer, done once."


@strawberry.input(description="Money is to go to another bank card.")
class ChangeBankCardIntent:
    """Another card."""

    bank_card: str = strawberry.field(description="Card number, 13 to 19 digits, spaces allowed.")


@strawberry.input(description="Money is to go to another WeChat wallet, or to none any more.")
class ChangeWalletIntent:
    """Another wallet."""

    login_code: str | None = strawberry.field(
        default=None,
        description="What `wx.login` gave, used nowhere else: setWallet takes another one of the"
        " same wallet. Left out, no wallet is to be used any more.",
    )


@strawberry.input(description="The account is to have another phone number.")
class ChangePhoneIntent:
    """Another number."""

    phone: str = strawberry.field(description="A mobile number of mainland China.")


@strawberry.input(description="An agreement is to be signed; beginSignature shows its whole text.")
class SignAgreementIntent:
    """An agreement."""

    application_id: strawberry.ID = strawberry.field(description="From startApplication.")


@strawberry.input(description="The words of autoDebitText are to be agreed to.")
class SignMandateIntent:
    """Auto-debit."""

    loan_id: strawberry.ID = strawberry.field(description="The loan whose dues are debited.")
    cap_per_debit: Fen = strawberry.field(description="The most to be debited at a time.")
    text_hash: str = strawberry.field(description="The `textHash` of the words shown.")


@strawberry.input(description="A loan is to be given back within its cooling-off days.")
class ReturnLoanIntent:
    """Giving a loan back."""

    loan_id: strawberry.ID = strawberry.field(description="The loan; see `returnOffer`.")


@strawberry.input(description="Money is to be taken once from the bank card on file.")
class RepayFromCardIntent:
    """Paying from the card."""

    loan_id: strawberry.ID = strawberry.field(description="The loan to pay.")
    amount: Fen = strawberry.field(description="How much, at most what closes the loan today.")


@strawberry.input(description="Cash that a shop counted is to be confirmed.")
class PayCashIntent:
    """Paying cash."""

    cash_id: strawberry.ID = strawberry.field(description="From `cashWaiting`.")


@strawberry.input(one_of=True, description="What is to be approved: exactly one of these.")
class IntentFor:
    """One act."""

    change_bank_card: ChangeBankCardIntent | None = strawberry.field(
        default=strawberry.UNSET, description="Then setBankCard with the approval."
    )
    change_wallet: ChangeWalletIntent | None = strawberry.field(
        default=strawberry.UNSET, description="Then setWallet with the approval."
    )
    change_phone: ChangePhoneIntent | None = strawberry.field(
        default=strawberry.UNSET, description="Then changePhone with the approval."
    )
    sign_mandate: SignMandateIntent | None = strawberry.field(
        default=strawberry.UNSET,
        description="Then setUpAutoDebit or changeAutoDebit with the approval.",
    )
    sign_agreement: SignAgreementIntent | None = strawberry.field(
        default=strawberry.UNSET, description="Then signAgreement with the approval."
    )
    return_loan: ReturnLoanIntent | None = strawberry.field(
        default=strawberry.UNSET, description="Then returnLoan with the approval."
    )
    repay_from_card: RepayFromCardIntent | None = strawberry.field(
        default=strawberry.UNSET, description="Then repayFromCard with the approval."
    )
    pay_cash: PayCashIntent | None = strawberry.field(
        default=strawberry.UNSET, description="Then confirmCash with the approval."
    )


@strawberry.input(description="Which act the borrower is to read and approve.")
class BeginIntentInput:
    """Beginning an intent."""

    to: IntentFor = strawberry.field(description="The act and all that decides it.")
    idempotency_key: strawberry.ID = strawberry.field(description=_KEY)


@strawberry.type(description="Show the text; then approve it.")
class BeginIntentSuccess:
    """Begun."""

    intent: Intent = strawberry.field(description="What to show, and how it is approved.")


BeginIntentResult = Annotated[
    BeginIntentSuccess | PlainProblem,
    strawberry.union("BeginIntentResult", description="What to show, or why not."),
]


@strawberry.type(description="Beginning intents.")
class BeginIntentMutation:
    """The first step of every act that needs approval."""

    @strawberry.mutation(
        description="Get the text of an act to show and approve; asked again with a new key, a"
        " code that is still good is sent again."
    )
    async def begin_intent(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - the name of every mutation's argument
            BeginIntentInput, strawberry.argument(description="Which act.")
        ],
    ) -> BeginIntentResult:
        """Begin an intent."""
        try:
            opened = await _opened(info, input)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return BeginIntentSuccess(intent=Intent.of(opened))


async def _opened(info: Info, asked: BeginIntentInput) -> IntentOpened:
    caller = info.context.borrower
    if asked.to.change_bank_card:
        return await identity.begin_bank_card_change(
            BeginBankCardChange(
                caller=caller,
                bank_card=asked.to.change_bank_card.bank_card,
                idempotency_key=asked.idempotency_key,
            ),
            needs_code=await catalog.needs_code(caller, info.context.today, amount_fen=None),
        )
    if asked.to.change_wallet:
        return await identity.begin_wallet_change(
            BeginWalletChange(
                caller=caller,
                login_code=asked.to.change_wallet.login_code,
                idempotency_key=asked.idempotency_key,
            ),
            needs_code=await catalog.needs_code(caller, info.context.today, amount_fen=None),
        )
    if asked.to.change_phone:
        return await identity.begin_phone_change(
            BeginPhoneChange(
                caller=caller,
                phone=asked.to.change_phone.phone,
                idempotency_key=asked.idempotency_key,
            ),
            needs_code=await catalog.needs_code(caller, info.context.today, amount_fen=None),
        )
    to = asked.to
    if to.sign_mandate or to.return_loan or to.repay_from_card or to.pay_cash:
        return await _opened_to_pay(caller, asked)
    assert asked.to.sign_agreement, "the schema lets exactly one act pass"
    begun = await origination.begin_signature(
        BeginSignature(
            borrower_id=caller.borrower_id,
            caller=caller,
            application_id=checked_id(
                asked.to.sign_agreement.application_id,
                "ap",
                field="input.to.signAgreement.applicationId",
            ),
            idempotency_key=asked.idempotency_key,
        )
    )
    return begun.intent


async def _opened_to_pay(caller: BorrowerCaller, asked: BeginIntentInput) -> IntentOpened:
    if asked.to.sign_mandate:
        return await payments.begin_auto_debit(
            payments.BeginAutoDebit(
                loan=LoanRef(
                    borrower_id=caller.borrower_id,
                    loan_id=checked_id(
                        asked.to.sign_mandate.loan_id, "ln", field="input.to.signMandate.loanId"
                    ),
                ),
                cap_per_debit_fen=asked.to.sign_mandate.cap_per_debit,
                text_sha256=asked.to.sign_mandate.text_hash[:HASH_LENGTH],
                idempotency_key=asked.idempotency_key,
                caller=caller,
            )
        )
    if asked.to.return_loan:
        loan_id = checked_id(asked.to.return_loan.loan_id, "ln", field="input.to.returnLoan.loanId")
        return await payments.begin_return(
            payments.BeginReturn(
                loan=LoanRef(borrower_id=caller.borrower_id, loan_id=loan_id),
                caller=caller,
                idempotency_key=asked.idempotency_key,
            )
        )
    if asked.to.pay_cash:
        return await payments.begin_cash_confirmation(
            payments.BeginCashConfirmation(
                cash_id=checked_id(
                    asked.to.pay_cash.cash_id, "cg", field="input.to.payCash.cashId"
                ),
                caller=caller,
                idempotency_key=asked.idempotency_key,
            )
        )
    assert asked.to.repay_from_card, "one of the four was asked for"
    loan_id = checked_id(
        asked.to.repay_from_card.loan_id, "ln", field="input.to.repayFromCard.loanId"
    )
    return await payments.begin_card_repayment(
        payments.BeginCardRepayment(
            loan=LoanRef(borrower_id=caller.borrower_id, loan_id=loan_id),
            amount_fen=asked.to.repay_from_card.amount,
            caller=caller,
            idempotency_key=asked.idempotency_key,
        )
    )
