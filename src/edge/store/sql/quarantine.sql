select model, until, failed_at, cast(failures as real) as failures from quarantine
