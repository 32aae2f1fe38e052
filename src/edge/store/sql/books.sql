-- What was written since; a copy that is read twice changes nothing.
select policy.task, policy.model, policy.book, policy.updated
from policy
join meta on meta.key = 'epoch' and meta.value = policy.epoch
where policy.updated >= ?1
