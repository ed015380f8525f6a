import type { JobId } from '../../base/ids.ts';
import { createdAtOf, ENTRY_NAME, isSameResult, jobPart, type OutboxEntry } from './entry.ts';
import type { EntryIndex } from './entry-index.ts';
import { type OutboxOptions, readEntryFile } from './outbox-folder.ts';

/**
 * Files that earlier processes left in the folder of an outbox and nobody has read yet: each is taken into the index once,
 * oldest first. Their names alone tell how many results there are, of which jobs, and from when.
 */
export class UnreadFiles {
  readonly #index: EntryIndex;
  readonly #options: OutboxOptions;
  readonly #names: Set<string>;

  /** @param names of all that is in the folder, sorted */
  constructor(names: readonly string[], index: EntryIndex, options: OutboxOptions) {
    const { results = [], others = [] } = Object.groupBy(names, (name) =>
      ENTRY_NAME.test(name) ? 'results' : 'others',
    );
    this.#names = new Set([...others, ...results]);
    this.#index = index;
    this.#options = options;
    const newest = results.at(-1);
    if (newest !== undefined) index.reserve(createdAtOf(newest));
  }

  get count(): number {
    return this.#names.size;
  }

  /** Reads so many of them; fewer once the signal aborts. Never throws. */
  async read(max: number, signal?: AbortSignal): Promise<void> {
    let read = 0;
    for (const name of this.#names) {
      if (read++ >= max || signal?.aborted === true) return;
      await this.#take(name);
    }
  }

  /** Reads those of one job before their turn. Never throws. */
  async readOf(jobId: JobId): Promise<void> {
    if (this.#names.size === 0) return;
    const part = jobPart(jobId, this.#options.sha256);
    for (const name of [...this.#names].filter((each) => each.includes(part))) await this.#take(name);
  }

  async #take(name: string): Promise<void> {
    const entry = await readEntryFile(name, this.#options);
    if (!this.#names.delete(name) || entry === undefined) return; // read before its turn meanwhile
    if (this.#isReplaced(entry)) await this.#remove(entry);
    else this.#index.add(entry);
  }

  /** Whether its job has a later result of the same kind, made while this one was unread. */
  #isReplaced(entry: OutboxEntry): boolean {
    const ofJob = this.#index.ofJob(entry.jobId);
    return ofJob.some((other) => other.createdAt > entry.createdAt && isSameResult(other, entry));
  }

  #remove({ file }: OutboxEntry): Promise<void> {
    const { dir, files } = this.#options;
    return files.remove(`${dir}/${file}`).catch(() => {}); // at worst it is offered once more
  }
}
