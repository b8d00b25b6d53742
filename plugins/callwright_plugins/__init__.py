"""What a team may replace: judges, question sets, catalogues and filters, by pluggy hooks.

Knows grounding and nothing above it.
"""
