select email, status from keys where hash = ?1
