-- On what terms a key was given (label, limits, budget, models, tags, expiry), and what it had spent
-- when its account was last put away. JSON; money in picodollars (1e-12 USD).
alter table keys add column terms text not null default '{}';
alter table keys add column spent text not null default '{}';
