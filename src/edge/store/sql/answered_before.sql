select answered_before as n from keys where id = ?1
