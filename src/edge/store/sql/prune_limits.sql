delete from limits where until <= ?1
