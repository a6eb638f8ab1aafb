"""What a mini-program hands to the wallet on the same phone: to pay, or to accept money."""

from datetime import datetime

import strawberry

from app.payments.queries import WalletRequestView


@strawberry.type(
    description="What `wx.requestPayment` is called with; only the wallet it is for can use it."
)
class WalletPayment:
    """An order to be paid in the app."""

    time_stamp: str = strawberry.field(description="`timeStamp`, in seconds.")
    nonce_str: str = strawberry.field(description="`nonceStr`.")
    package: str = strawberry.field(description="`package`.")
    sign_type: str = strawberry.field(description="`signType`.")
    pay_sign: str = strawberry.field(description="`paySign`, our signature over all of it.")
    expires_at: datetime = strawberry.field(description="From then on nobody can pay by it.")

    @classmethod
    def of(cls, view: WalletRequestView | None) -> "WalletPayment | None":
        """Show it; None where there is nothing to pay in the app."""
        if view is None:
            return None
        given = view.parameters
        return cls(
            time_stamp=given["timeStamp"],
            nonce_str=given["nonceStr"],
            package=given["package"],
            sign_type=given["signType"],
            pay_sign=given["paySign"],
            expires_at=view.expires_at,
        )


@strawberry.type(
    description="What `wx.requestMerchantTransfer` is called with, so that the borrower accepts"
    " money; only the wallet it goes to can use it."
)
class WalletAcceptance:
    """Money waiting in WeChat."""

    mch_id: str = strawberry.field(description="`mchId`.")
    app_id: str = strawberry.field(description="`appId`.")
    package: str = strawberry.field(description="`package`.")
    expires_at: datetime = strawberry.field(
        description="Money not accepted by then goes back, and is not paid out."
    )

    @classmethod
    def of(cls, view: WalletRequestView | None) -> "WalletAcceptance | None":
        """Show it; None where there is nothing to accept."""
        if view is None:
            return None
        given = view.parameters
        return cls(
            mch_id=given["mchId"],
            app_id=given["appId"],
            package=given["package"],
            expires_at=view.expires_at,
        )
