delete from policy
