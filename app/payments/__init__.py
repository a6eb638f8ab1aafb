"""Money in from the borrower: repayments, payoff quotes, and the rail that carries them."""
