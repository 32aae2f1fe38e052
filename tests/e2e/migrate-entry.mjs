// Applies migrations that were not applied yet: `[{name, statements}]`, in their order. Notes them in the table that
// wrangler keeps.

export default {
  async fetch(request, { DB: db }) {
    try {
      await migrate(db, await request.json());
      return new Response();
    } catch (error) {
      return new Response(error.stack, { status: 500 });
    }
  },
};

async function migrate(db, migrations) {
  await db.exec(
    "create table if not exists d1_migrations (id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null)",
  );
  const { results } = await db.prepare("select name from d1_migrations").all();
  const applied = new Set(results.map((row) => row.name));
  for (const { name, statements } of migrations.filter(({ name }) => !applied.has(name))) {
    await db.batch([...statements.map((statement) => db.prepare(statement)), db.prepare("insert into d1_migrations (name) values (?)").bind(name)]);
  }
}
