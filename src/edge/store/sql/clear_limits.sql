delete from limits
