-- An hour that is still open goes into the history first.
update policy set hour = null where hour ->> 'start' < ?1
