import { errorChain, WorkerError } from '../../base/errors.ts';
import type { Offer } from '../../contract/frames/inbound.ts';
import { type CatalogueEntry, CatalogueFileSchema } from '../../contract/catalogue.ts';
import { writeJson } from '../../contract/json.ts';
import { shownSource } from '../../contract/model-source.ts';
import { readJson } from '../../contract/read.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Files } from '../../system/disk/files.ts';

/** The models that this machine knows how to run, whether or not their files are here. */
export interface Catalogue {
  /** In the order in which they came. */
  list(): readonly CatalogueEntry[];
  find(id: string): CatalogueEntry | undefined;
  /** Adds a model, or takes the place of the one of this id. @throws WorkerError `file.not-written` */
  put(entry: CatalogueEntry): Promise<void>;
  /** False for one that is not there. @throws WorkerError `file.not-written` */
  remove(id: string): Promise<boolean>;
  /** Remembers how the studio runs a model, unless the operator has a way of their own. Saved in the background. */
  learn(offer: Pick<Offer, 'model' | 'modelSource' | 'vramGbEstimate' | 'task'>): void;
  /** Settles when everything is on the disk, or could not be put there. */
  saved(): Promise<void>;
}

export interface CatalogueOptions {
  readonly path: string;
  readonly files: Pick<Files, 'readText' | 'writeAtomic' | 'rename'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
  /** Called after each change. */
  readonly onChange: () => void;
  /** Models that are in it from the start, unless the operator removed them; none when left out. */
  readonly seeds?: readonly CatalogueEntry[];
}

/** A studio that offers more than this under ever new names would fill the disk. */
const MAX_MODELS = 1_000;

/**
 * Opens the catalogue. One that is broken is put aside, for the operator to inspect; one that cannot be read is left
 * alone and never written, since what it holds is not known.
 */
export async function openCatalogue(options: CatalogueOptions): Promise<Catalogue> {
  const found = await load(options);
  return new FileCatalogue(options, found === 'unreadable' ? found : withSeeds(found, options.seeds ?? []));
}

/** Behind what is there, so that what the operator sees keeps its place. Written with the next change. */
function withSeeds({ models, dismissedSeeds }: Content, seeds: readonly CatalogueEntry[]): Content {
  const isMissing = ({ id }: CatalogueEntry): boolean =>
    dismissedSeeds?.includes(id) !== true && !models.some((known) => known.id === id);
  return { dismissedSeeds, models: [...models, ...seeds.filter(isMissing)] };
}

/** What the catalogue of a worker lists, without touching it; nothing where it cannot be read, which the worker logs. */
export async function listCatalogue(path: string, files: Pick<Files, 'readText'>): Promise<readonly CatalogueEntry[]> {
  const text = await files.readText(path).catch(() => undefined);
  const read = text === undefined ? undefined : readJson(CatalogueFileSchema, text);
  return read?.is === 'read' ? read.value.models : [];
}

type Content = ReturnType<typeof emptyContent>;
const emptyContent = () => ({
  models: [] as readonly CatalogueEntry[],
  dismissedSeeds: undefined as string[] | undefined,
});

class FileCatalogue implements Catalogue {
  readonly #options: CatalogueOptions;
  readonly #isWritable: boolean;
  #content: Content;
  /** The end of the queue of saves. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: CatalogueOptions, found: Content | 'unreadable') {
    this.#options = options;
    this.#isWritable = found !== 'unreadable';
    this.#content = found === 'unreadable' ? emptyContent() : found;
  }

  list(): readonly CatalogueEntry[] {
    return this.#content.models;
  }

  find(id: string): CatalogueEntry | undefined {
    return this.#content.models.find((entry) => entry.id === id);
  }

  async put(entry: CatalogueEntry): Promise<void> {
    const { models } = this.#content;
    if (this.find(entry.id) === undefined) await this.#change([...models, entry]);
    else await this.#change(models.map((known) => (known.id === entry.id ? entry : known)));
  }

  async remove(id: string): Promise<boolean> {
    if (this.find(id) === undefined) return false;
    const { seeds = [] } = this.#options;
    const { dismissedSeeds = [] } = this.#content;
    const isSeed = seeds.some((seed) => seed.id === id) && !dismissedSeeds.includes(id);
    await this.#change(
      this.#content.models.filter((entry) => entry.id !== id),
      isSeed ? [...dismissedSeeds, id] : this.#content.dismissedSeeds,
    );
    return true;
  }

  learn(offer: Parameters<Catalogue['learn']>[0]): void {
    const { model, modelSource: source, vramGbEstimate, task } = offer;
    const known = this.find(model);
    if (known === undefined ? this.#content.models.length >= MAX_MODELS : !teachesAnything(offer, known)) return;
    const { displayName = model, enabled = true, ...rest } = known ?? {};
    const entry = {
      ...rest,
      id: model,
      displayName,
      kind: task.kind,
      vramGbEstimate,
      source,
      enabled,
      origin: 'studio',
    } as const;
    this.put(entry).catch((thrown: unknown) => {
      this.#options.log.warn('catalogue.not-saved', { path: this.#options.path, error: errorChain(thrown) });
    });
  }

  saved(): Promise<void> {
    return this.#last.catch(() => {}); // whoever made the change has the failure
  }

  #change(models: readonly CatalogueEntry[], dismissedSeeds = this.#content.dismissedSeeds): Promise<void> {
    this.#content = { models, dismissedSeeds };
    this.#options.onChange();
    const text = `${writeJson({ models: models.map(asKept), dismissedSeeds })}\n`;
    // A save that failed was its caller's to report; this one writes everything again.
    const turn = this.#last.catch(() => {}).then(() => this.#save(text));
    this.#last = turn;
    return turn;
  }

  async #save(text: string): Promise<void> {
    const { path, files } = this.#options;
    if (!this.#isWritable) throw notWritten(path, 'what it holds could not be read at the start');
    try {
      await files.writeAtomic(path, text, { mode: 0o600, durable: true });
    } catch (thrown) {
      throw notWritten(path, errorChain(thrown), thrown);
    }
  }
}

/** What an operator brought is theirs, and nearly every other offer is of a model that is known just so. */
function teachesAnything(
  { modelSource, vramGbEstimate, task }: Parameters<Catalogue['learn']>[0],
  { origin, kind, vramGbEstimate: knownGb, source }: CatalogueEntry,
): boolean {
  if (origin === 'local') return false;
  return kind !== task.kind || knownGb !== vramGbEstimate || writeJson(source) !== writeJson(modelSource);
}

const notWritten = (path: string, why: string, cause?: unknown): WorkerError =>
  new WorkerError('file.not-written', `cannot save ${path}: ${why}`, {
    cause,
    hint: 'Make the file readable and writable for the account that runs the worker, and free some disk space.',
  });

/** An operator's own URLs are kept as they were given; those of a studio are good for as long as it says. */
const asKept = (entry: CatalogueEntry): CatalogueEntry =>
  entry.origin === 'local' ? entry : { ...entry, source: shownSource(entry.source) };

async function load({ path, files, clock, log }: CatalogueOptions): Promise<Content | 'unreadable'> {
  let text: string | undefined;
  try {
    text = await files.readText(path);
  } catch (thrown) {
    log.warn('catalogue.unreadable', { path, because: errorChain(thrown) });
    return 'unreadable';
  }
  if (text === undefined) return emptyContent();
  const read = readJson(CatalogueFileSchema, text);
  if (read.is === 'read') return { models: read.value.models, dismissedSeeds: read.value.dismissedSeeds };
  const aside = `${path}.corrupt-${Math.floor(clock.now() / 1000)}`;
  log.warn('catalogue.broken', { path, because: read.problem, aside });
  try {
    await files.rename(path, aside);
    return emptyContent();
  } catch {
    return 'unreadable'; // it would be overwritten with next to nothing
  }
}
