update serving set whom = ?1, why = ?2, since = unixepoch('subsec')
