import type { Param, Query } from '../../../system/database/sql.ts';
import { type MovedTable, MOVED_TABLES } from './moved-tables.ts';

/*
 * While rows are copied ahead, triggers in the old database note which ones the studio changes, whatever it does.
 */

const CHANGES = 'moving_changes';

const triggersOf = ({ name }: MovedTable): readonly string[] =>
  ['insert', 'update', 'delete'].map((change) => `moving_${name}_${change}`);

/** Notes every row that is changed from the commit of this transaction on; what was noted before is forgotten. */
export async function noteChanges(query: Query): Promise<void> {
  await forgetChanges(query);
  await query(`CREATE TABLE ${CHANGES} (table_name TEXT NOT NULL, row_key NOT NULL)`);
  for (const table of MOVED_TABLES) {
    const { name, key } = table;
    const note = (row: 'old' | 'new'): string => `INSERT INTO ${CHANGES} VALUES ('${name}', ${row}.${key});`;
    const [onInsert, onUpdate, onDelete] = triggersOf(table);
    await query(`CREATE TRIGGER ${onInsert} AFTER INSERT ON ${name} BEGIN ${note('new')} END`);
    await query(`CREATE TRIGGER ${onUpdate} AFTER UPDATE ON ${name} BEGIN ${note('old')} ${note('new')} END`);
    await query(`CREATE TRIGGER ${onDelete} AFTER DELETE ON ${name} BEGIN ${note('old')} END`);
  }
}

/** Notes nothing any more. Fine when nothing was noted. */
export async function forgetChanges(query: Query): Promise<void> {
  if (!(await notesChanges(query))) return;
  for (const trigger of MOVED_TABLES.flatMap(triggersOf)) await query(`DROP TRIGGER IF EXISTS ${trigger}`);
  await query(`DROP TABLE ${CHANGES}`);
}

/** Whether changes are noted. */
export const notesChanges = async (query: Query): Promise<boolean> =>
  (await query(`SELECT 1 FROM sqlite_master WHERE name = '${CHANGES}'`)).length > 0;

/** Keys of the rows of a table that were changed, each once. */
export async function changedKeys(query: Query, { name }: MovedTable): Promise<readonly Param[]> {
  const rows = await query(`SELECT DISTINCT row_key AS key FROM ${CHANGES} WHERE table_name = $1`, [name]);
  return rows.map(({ key }) => (typeof key === 'number' ? key : String(key)));
}
