delete from quarantine
