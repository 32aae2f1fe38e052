-- Where nobody else has written it meanwhile.
update webhook set version = version + 1, json = ?2 where version = ?1 returning version
