select policy.task, policy.model, policy.book
from policy
join meta on meta.key = 'epoch' and meta.value = policy.epoch
