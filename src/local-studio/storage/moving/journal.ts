import type { DataFolder } from '../../../system/disk/data-folder.ts';
import type { Random } from '../../../system/random.ts';

/** What a move keeps beside the old database, so that one that was interrupted resumes. */
export interface MoveJournal extends AsyncDisposable {
  /** Told to the target; a later run of the same move has the same. */
  readonly moveId: string;
  /** New names of artifacts that were copied to a place, by their old ones. */
  copiedTo(place: string): Promise<ReadonlyMap<string, string>>;
  addCopy(place: string, name: string, renamed: string): Promise<void>;
  /** The move has ended: nothing is to be resumed. */
  remove(): Promise<void>;
}

const JOURNAL = 'migration.sqlite';
const ID_BYTES = 8;

/** Opens the journal of a folder, or begins it. Whoever opens it holds the lock of moves from there. */
export async function openMoveJournal(folder: DataFolder, random: Pick<Random, 'hex'>): Promise<MoveJournal> {
  const sql = folder.openSqlite(JOURNAL);
  try {
    await sql.query('CREATE TABLE IF NOT EXISTS move (id TEXT NOT NULL)');
    await sql.query(
      'CREATE TABLE IF NOT EXISTS copies (place TEXT, name TEXT, renamed TEXT NOT NULL, PRIMARY KEY (place, name))',
    );
    await sql.query('INSERT INTO move (id) SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM move)', [random.hex(ID_BYTES)]);
    const [row] = await sql.query('SELECT id FROM move');
    return {
      moveId: String(row?.['id']),
      copiedTo: async (place) => {
        const rows = await sql.query('SELECT name, renamed FROM copies WHERE place = $1', [place]);
        return new Map(rows.map(({ name, renamed }) => [String(name), String(renamed)]));
      },
      addCopy: async (place, name, renamed) => {
        await sql.query('INSERT INTO copies (place, name, renamed) VALUES ($1, $2, $3)', [place, name, renamed]);
      },
      remove: async () => {
        await sql.close();
        await folder.remove(JOURNAL);
      },
      [Symbol.asyncDispose]: () => sql.close(),
    };
  } catch (thrown) {
    await sql.close();
    throw thrown;
  }
}
