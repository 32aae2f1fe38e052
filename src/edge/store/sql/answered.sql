-- How many requests of a minted key were answered, counted no further than that. By the index of these.
select count(*) as n from (
  select 1 from decisions
  where key = ?1 and substr(key, 1, 4) = 'key_' and outcome = 'finished'
  limit ?2
)
