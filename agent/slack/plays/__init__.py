"""Play cards: what a play looks like in Slack, and how its cards are kept in line with it."""
