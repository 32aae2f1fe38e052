-- Models that their runtime did not know are asked again. ?1: their ids, a JSON array.
delete from quarantine where unknown and model in (select value from json_each(?1))
