delete from history where hour < ?1
