delete from price_overrides where model = ?1
