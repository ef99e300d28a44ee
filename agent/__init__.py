"""Who decides, and who is asked: conversation, plays, models and surfaces."""
