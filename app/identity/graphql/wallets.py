"""Naming the wallet that money goes to."""

from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, problem_of
from app.identity import operations, queries
from app.identity.graphql import inputs, results
from app.identity.graphql.types import Borrower, WrongCodeProblem


@strawberry.type(description="Wallets.")
class WalletMutation:
    """What a phone can say of its owner's wallet."""

    @strawberry.mutation(
        description="Name the WeChat wallet that money goes to and is paid from, by a fresh login"
        " code of it, or take it away; a change needs approval."
    )
    async def set_wallet(
        self,
        info: Info,
        input: Annotated[inputs.SetWalletInput, strawberry.argument(description="The wallet.")],
    ) -> results.SetWalletResult:
        """Keep a wallet."""
        try:
            caller = info.context.borrower
            wrong = await operations.set_wallet(input.as_command(caller))
        except Refusal as refusal:
            return problem_of(info, refusal)
        if wrong is not None:
            return WrongCodeProblem.of(info, wrong)
        own = await queries.own_view_of(caller.borrower_id)
        return results.SetWalletSuccess(
            borrower=Borrower.of(own, sees_all=caller.sees_all, trust=caller.trust)
        )
