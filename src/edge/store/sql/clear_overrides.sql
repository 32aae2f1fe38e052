delete from price_overrides
