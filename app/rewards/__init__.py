"""Coupons, points and referrals: granted by rules, paid from budgets, posted to the ledger."""
