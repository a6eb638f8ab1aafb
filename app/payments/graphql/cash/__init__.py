"""Cash in a shop on the graphs: the borrower's part, the agent's, and the desk's."""
