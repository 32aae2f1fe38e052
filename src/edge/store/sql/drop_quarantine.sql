delete from quarantine where model = ?1 and failed_at <= ?2
