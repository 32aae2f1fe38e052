-- How many requests of a key were answered, counted no further than that.
select count(*) as n from (
  select 1 from decisions where key = ?1 and outcome = 'finished' limit ?2
)
