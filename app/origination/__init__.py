"""From wish to money: loan application, decision, offer, agreement, disbursement."""
