"""Put the cursor at the end of a comment, press Enter and wait a moment: the ghost text is a call that exists."""

from transformers import pipeline

# Tell whether a customer's review is positive or negative


# Describe what is to be seen on a photo in one sentence


# Turn sentences into vectors to search for similar ones
