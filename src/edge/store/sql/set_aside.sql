update undelivered set aside = unixepoch('subsec') where id in (select value from json_each(?1))
