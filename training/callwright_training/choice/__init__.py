"""Training the choice of API calls: encoders, domain prior, the model's judgement, weights."""
