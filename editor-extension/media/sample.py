"""Put the cursor at the end of a comment, press Enter and wait a moment: the ghost text is a call that exists."""

from transformers import pipeline

# Sentiment analysis of a customer's review


# Find the objects in a photo


# Turn sentences into vectors to search for similar ones
