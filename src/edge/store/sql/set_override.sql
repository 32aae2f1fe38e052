insert into price_overrides (model, multiplier) values (?1, ?2)
on conflict (model) do update set multiplier = excluded.multiplier
