use std::{fs, path::Path};

use super::*;

fn is_broken(text: &str) -> bool {
    matches!(check(text), Syntax::Broken { .. })
}

#[test]
fn what_a_common_database_takes_is_sound() {
    for text in [
        "select 1",
        "SELECT a, b AS \"B\", t.*, count(*) FROM t WHERE a > 1 GROUP BY a, b HAVING count(*) > 1 ORDER BY 1 DESC NULLS LAST LIMIT 5 OFFSET 2;",
        "SELECT a.x, b.y FROM a LEFT JOIN b ON a.id = b.id JOIN c USING (id), d CROSS JOIN e WHERE NOT EXISTS (SELECT 1 FROM f WHERE f.id = a.id)",
        "SELECT * FROM a LEFT JOIN b JOIN c ON b.i = c.i ON a.i = b.i",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n",
        "SELECT sum(x) FILTER (WHERE x > 0) OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) s FROM t",
        "SELECT CASE WHEN a BETWEEN 1 AND 2 + 3 AND b NOT IN (1, 2) THEN 'x' ELSE b::text || 'y' END FROM t",
        "SELECT extract(year FROM d), trim(both ' ' FROM s), cast(a AS numeric(10, 2)), position('a' IN b) FROM t",
        "SELECT date_sub(now(), INTERVAL 6 WEEK), d - INTERVAL '1 day', INTERVAL n DAY FROM t",
        "SELECT data->'a'->>'b', data @> '{\"a\": 1}', tags[1], array[1, 2] FROM t",
        "SELECT TOP 10 [Order ID], [dbo].[t].x FROM [dbo].[My Table] WITH (NOLOCK) WHERE @id = 1",
        "SELECT `a`, group_concat(DISTINCT b ORDER BY c SEPARATOR ', ') FROM `t` FORCE INDEX (i) LIMIT 1, 2 # all",
        "(SELECT 1) UNION (SELECT 2 ORDER BY 1) ORDER BY 1 LIMIT 1",
        "SELECT a FROM t ORDER BY a FETCH FIRST 3 ROWS ONLY",
        "SELECT * FROM t WHERE name = 'it''s' AND note = 'it\\'s' FOR UPDATE SKIP LOCKED",
        "SELECT * FROM unnest($1::int[]) WITH ORDINALITY AS u(v, i) WHERE v = ANY ($2)",
        "INSERT INTO t (a, b) VALUES (1, DEFAULT), (2, 'x') ON CONFLICT (a) DO UPDATE SET b = excluded.b WHERE t.b <> 'y' RETURNING id, b",
        "INSERT INTO t SET a = 1 ON DUPLICATE KEY UPDATE a = a + 1",
        "INSERT OR IGNORE INTO t SELECT * FROM u",
        "UPDATE t SET a = u.a, b += 1 FROM u WHERE t.id = u.id",
        "UPDATE a JOIN b ON a.i = b.i SET a.x = b.x",
        "DELETE FROM t USING u WHERE t.id = u.id RETURNING *",
        "DELETE t1 FROM t t1 JOIN t t2 ON t1.a = t2.a AND t1.id > t2.id",
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED AND s.gone THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id);",
        "CREATE TABLE IF NOT EXISTS t (id SERIAL PRIMARY KEY, n VARCHAR(20) NOT NULL DEFAULT 'x' UNIQUE, at TIMESTAMP WITH TIME ZONE DEFAULT now(), p INT REFERENCES p (id) ON DELETE SET NULL, CHECK (id > 0), CONSTRAINT c FOREIGN KEY (n) REFERENCES o (n))",
        "CREATE TABLE t (id INT UNSIGNED AUTO_INCREMENT, k ENUM('a', 'b') COMMENT 'kind', KEY by_k (k DESC), PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
        "CREATE TABLE t (a, b, PRIMARY KEY (a)) strict, without rowid",
        "CREATE TEMP TABLE t AS SELECT 1 AS a",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t USING gin (lower(a), b) WHERE a IS NOT NULL",
        "CREATE OR REPLACE VIEW v (a) AS SELECT a FROM t WITH CHECK OPTION",
        "CREATE FUNCTION f(a int) RETURNS int AS $body$ anything ' at all $body$ LANGUAGE plpgsql",
        "CREATE TRIGGER tr AFTER INSERT OR UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.a = 1; DELETE FROM u; END",
        "ALTER TABLE t ADD COLUMN a INT NOT NULL DEFAULT 0, DROP COLUMN b, ALTER COLUMN c TYPE text USING c::text, RENAME TO u",
        "ALTER TABLE t MODIFY COLUMN a BIGINT AFTER b, ADD INDEX i (a)",
        "DROP TABLE IF EXISTS a, b CASCADE; TRUNCATE t; SET search_path TO x; SET NAMES utf8",
        "BEGIN; SAVEPOINT s; ROLLBACK TO s; COMMIT;",
        "EXPLAIN ANALYZE SELECT 1; GRANT SELECT ON t TO u; CALL p(1); PRAGMA foreign_keys = ON; -- the end",
        "COPY (SELECT 1) TO '/tmp/x.csv' WITH (FORMAT csv, HEADER)",
        "SELECT \"select\" FROM t WHERE a = b (+)",
    ] {
        assert_eq!(check(text), Syntax::Sound, "{text}");
    }
}

#[test]
fn the_sql_of_this_project_is_sound() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut read = 0;
    for folder in ["migrations", "src/edge/store/sql"] {
        for file in fs::read_dir(root.join(folder)).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(check(&text), Syntax::Sound, "{}", path.display());
            read += 1;
        }
    }
    assert!(read > 40, "{read}");
}

#[test]
fn what_no_database_takes_is_broken_where_it_does_not_fit() {
    for (text, line, near) in [
        ("", 1, ""),
        ("-- nothing but a remark", 1, ""),
        ("SELECT a, FROM t", 1, "FROM"),
        ("SELECT a b c FROM t", 1, "c"),
        ("SELECT a\nFROM t\nWHERE", 3, ""),
        ("SELECT a FROM t WHERE a = = 1", 1, "="),
        ("SELECT a FROM t GROUP BY a WHERE b", 1, "WHERE"),
        ("SELECT a FROM t LIMIT 5 ORDER BY a", 1, "ORDER"),
        ("SELECT a FROM t LEFT u ON a", 1, "LEFT"),
        ("SELECT count(* FROM t", 1, "("),
        ("SELECT count(*)) FROM t", 1, ")"),
        ("SELECT 'it FROM t", 1, ""),
        ("SELECT CASE WHEN a THEN 1 FROM t", 1, "FROM"),
        ("SELECT CASE a ELSE 1 END", 1, "ELSE"),
        ("SELECT a FROM t\nThis is all that it takes", 2, "is"),
        ("SELECT 1 FROM t WHERE a BETWEEN 1", 1, ""),
        ("WITH a AS (SELECT 1), SELECT * FROM a", 1, "SELECT"),
        ("WITH a AS SELECT 1 SELECT * FROM a", 1, "SELECT"),
        ("SELEC a FROM t", 1, "SELEC"),
        ("INSERT INTO t (a, b)\nVAL", 2, "VAL"),
        ("INSERT INTO t (a, b) VALUES (1, 2), ", 1, ""),
        ("UPDATE t SET a = 1, WHERE b = 2", 1, "WHERE"),
        ("UPDATE t a = 1", 1, "="),
        ("DELETE FROM t WHERE", 1, ""),
        ("CREATE TABLE t (\n  a INT\n  b INT\n)", 3, "b"),
        ("CREATE TABLE t (a INT,)", 1, ")"),
        ("CREATE TABLE t (a INT PRIMARY)", 1, ")"),
        ("CREATE OR FUNCTION f() RETURNS int", 1, "FUNCTION"),
        ("CREATE TRIGGER tr\nBEFORE INS", 2, "INS"),
        ("ALTER TABLE t ALTER COLUMN a CHECK (a > 1)", 1, "CHECK"),
        (
            "CREATE TABLE t (a INT)\nCREATE TABLE u (a INT);",
            2,
            "CREATE",
        ),
        ("SELECT [1, 2", 1, "["),
        ("SELECT $$a", 1, ""),
        ("SELECT 1 /* and", 1, ""),
    ] {
        let near = near.to_owned();
        assert_eq!(check(text), Syntax::Broken { line, near }, "{text}");
    }
}

#[test]
fn what_only_one_database_can_tell_is_unknown_unless_it_is_torn() {
    for text in [
        "DECLARE @a INT = 1; SELECT @a",
        "CREATE PROCEDURE p() BEGIN SELECT 1; END",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN IF NEW.a IS NULL THEN SET NEW.a = 1; END IF; END",
        "BEGIN IF 1 = 1 THEN NULL; END IF; END;",
        "SELECT * FROM t FOR JSON PATH",
    ] {
        assert_eq!(check(text), Syntax::Unknown, "{text}");
        assert!(is_broken(&format!("{text} (")), "{text}");
    }
}

#[test]
fn a_quote_and_a_hash_are_read_as_any_database_reads_them() {
    assert_eq!(check(r"SELECT 'a\' FROM t"), Syntax::Sound);
    assert_eq!(check(r"SELECT 'a\'' FROM t"), Syntax::Sound);
    assert_eq!(check("SELECT 1 # it's one"), Syntax::Sound);
    assert_eq!(check("SELECT * FROM #temp"), Syntax::Sound);
    assert!(is_broken("SELECT 'a\\ FROM t"));
}

#[test]
fn what_nests_deep_is_unknown() {
    let deep = |levels: usize| format!("SELECT {}1{}", "(".repeat(levels), ")".repeat(levels));
    assert_eq!(check(&deep(40)), Syntax::Sound);
    assert_eq!(check(&deep(5_000)), Syntax::Unknown);
    let nots = format!("SELECT {}1", "NOT ".repeat(50_000));
    assert_eq!(check(&nots), Syntax::Sound);
}
