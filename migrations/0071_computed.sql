-- The part of the spend that was worked out from counted tokens, where nothing is ever charged, picodollars. Of
-- the hours before this it is not known, and stands in what was charged.
alter table history add column computed integer not null default 0;
