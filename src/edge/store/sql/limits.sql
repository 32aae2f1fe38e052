select subject, what, cast(tokens as real) as tokens, until from limits where until > ?1
