// @ts-check
"use strict";
/*
 * Loaded into Ghost's migrator before anything else. Tables that it makes name a character set and no collation, so they get the server's;
 * foreign keys from them to older tables then fail where those have another. Each connection that the migrator opens makes new tables as the
 * old ones are: with the collation in DATABASE_COLLATION.
 */
const mysql = require(`${process.env["GHOST_INSTALL"] ?? "/var/lib/ghost"}/current/node_modules/mysql2`);

const collation = process.env["DATABASE_COLLATION"] ?? "";
if (!/^[a-z0-9_]+$/.test(collation)) {
  throw new Error("DATABASE_COLLATION is not set: this file is for database-migrate alone");
}
const { createConnection } = mysql;
/** @param {unknown[]} args */
mysql.createConnection = (...args) => {
  const connection = createConnection(...args);
  connection.query(
    `SET SESSION default_collation_for_utf8mb4 = ${collation}`,
    /** @param {Error | null} error */
    (error) => {
      if (error) {
        console.error(`database-migrate: the server does not take ${collation} for new tables: ${error.message}`);
        connection.destroy();
      }
    },
  );
  return connection;
};
