"""Funnel metrics: cohort conversion, time in stage, what can and can't be compared."""
