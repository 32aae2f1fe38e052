select home as hash from newer_keys where hash = ?1
