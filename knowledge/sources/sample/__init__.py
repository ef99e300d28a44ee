"""Northpeak, the sample company: synthetic, lifelike, made from a seed."""

from knowledge.sources.sample.generate import generate

__all__ = ["generate"]
