-- When a settlement that waits to be folded could not be read, Unix seconds: it is tried again a day later.
alter table undelivered add column aside real;
