select model, until, failed_at, cast(failures as real) as failures, cast(unknown as real) as unknown from quarantine
