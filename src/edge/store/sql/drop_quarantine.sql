delete from quarantine where model = ?1
