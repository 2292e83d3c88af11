import pg from "pg";

/** Settings of the server by name. */
export type StatementSettings = Readonly<Record<string, string>>;

/**
 * Runs one statement under settings of its own, in one round trip: both statements go out before the one message that ends
 * their common transaction, so the settings are there when the second is planned, and gone after it. It needs no `begin`,
 * and a pooler that lends connections by transaction keeps the two together.
 */
export function submitWithSettings(
  client: { query<T extends pg.Submittable>(query: T): T },
  settings: StatementSettings,
  statement: pg.QueryConfig,
): Promise<object[]> {
  const query = new pg.Query<Record<string, unknown>>(statement);
  const submitAlone = query.submit.bind(query);
  query.submit = (connection) => {
    const { stream } = connection;
    stream.cork();
    try {
      sendSettings(connection, settings);
      submitAlone(connection);
    } finally {
      stream.uncork();
    }
  };
  return new Promise((resolve, reject) => {
    query.on("error", reject);
    query.on("end", (results: unknown) => {
      // One for each statement; the settings have no rows.
      const last: unknown = Array.isArray(results) ? results.at(-1) : results;
      resolve((last as pg.QueryResult<Record<string, unknown>>).rows);
    });
    client.query(query);
  });
}

function sendSettings(connection: pg.Connection, settings: StatementSettings): void {
  const pairs = Object.entries(settings);
  if (pairs.length === 0) return;
  const calls = pairs.map((_, at) => `set_config($${2 * at + 1}, $${2 * at + 2}, true)`);
  // No row comes of it: a set value is never null.
  connection.parse({ text: `select where (${calls.join(" || ")}) is null`, name: "", types: [] }, true);
  connection.bind({ values: pairs.flat() }, true);
  connection.execute({}, true);
}
