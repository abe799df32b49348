import type { DatabaseSync } from "node:sqlite";

/** All or nothing: what the operation wrote is there when it returns, and gone when it throws. */
export function transaction(db: DatabaseSync, operation: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    operation();
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
