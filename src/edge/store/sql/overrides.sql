select model, multiplier from price_overrides
