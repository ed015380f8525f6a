import { WorkerError } from '../../base/errors.ts';
import { suggest } from '../../base/suggest.ts';
import { shownUrl } from '../../base/urls.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';

/*
 * Which model of the catalogue an operator means. A name that is nearly right is answered with the right one.
 */

/** A model of the catalogue, and whether all its files are on this disk. */
export interface KnownModel {
  readonly entry: CatalogueEntry;
  readonly isHere: boolean;
}

/** What is to be downloaded: a model of the catalogue by its id, or one that is added to it first. */
export type PullTarget = { readonly id: string } | { readonly entry: CatalogueEntry };

/**
 * The model that a pull is of.
 *
 * @throws WorkerError `model.not-found` for an id that nobody knows | `cli.usage` for the id of another model
 */
export function modelToPull(target: PullTarget, known: readonly CatalogueEntry[]): CatalogueEntry {
  if (!('entry' in target)) return knownModel(target.id, known);
  assertNotTaken(target.entry, known);
  return target.entry;
}

/** The model of this id. @throws WorkerError `model.not-found` */
export function knownModel(id: string, known: readonly CatalogueEntry[]): CatalogueEntry {
  const found = known.find((entry) => entry.id === id);
  if (found !== undefined) return found;
  const ids = known.map((entry) => entry.id);
  const meant = suggest(id, ids);
  throw unknown(
    id,
    meant === undefined
      ? `Name one of ${ids.join(', ')}, or give the URL of a model file.`
      : `Did you mean ${meant}? A model can be named by its URL, too.`,
  );
}

/** What a studio taught is taken over; what is the operator's own is changed in the catalogue, and not by a pull. */
function assertNotTaken({ id, source }: CatalogueEntry, known: readonly CatalogueEntry[]): void {
  const taken = known.find((entry) => entry.id === id && entry.origin === 'local');
  const urlsOf = ({ files }: CatalogueEntry['source']): string => files.map(({ url }) => shownUrl(url)).join(' ');
  if (taken === undefined || urlsOf(taken.source) === urlsOf(source)) return;
  throw new WorkerError('cli.usage', `the catalogue has another model ${id}`, {
    hint: 'Give this one a name of its own with `--id`, or remove the other one first.',
  });
}

/**
 * The model of this id, which is on this disk and answers chats.
 *
 * @throws WorkerError `model.not-found` | `task.unsupported` for a model of another kind | `local.unfit` for one turned off
 */
export function modelToChat(id: string, known: readonly KnownModel[]): CatalogueEntry {
  const found = known.find(({ entry }) => entry.id === id);
  if (found === undefined) throw unknown(id, chatHint(id, known));
  const { entry, isHere } = found;
  if (entry.kind !== 'llm') {
    throw new WorkerError('task.unsupported', `${id} is a model for ${entry.kind}, not for chats`, {
      hint: chatHint(id, known),
    });
  }
  if (!entry.enabled) {
    throw new WorkerError('local.unfit', `${id} is turned off in the catalogue`, {
      hint: 'Turn it on in the window (`studio-worker ui`), or chat with another model.',
    });
  }
  if (isHere) return entry;
  throw new WorkerError('model.not-found', `${id} is not on this disk`, {
    hint: `Download it with \`studio-worker models pull ${id}\`.`,
  });
}

function chatHint(id: string, known: readonly KnownModel[]): string {
  const chats = known.filter(({ entry }) => entry.kind === 'llm' && entry.enabled);
  const ids = chats.map(({ entry }) => entry.id);
  const meant = suggest(id, ids);
  if (meant !== undefined) return `Did you mean ${meant}?`;
  const here = chats.filter(({ isHere }) => isHere).map(({ entry }) => entry.id);
  return here.length === 0
    ? `Download one first, such as \`studio-worker models pull ${ids[0] ?? '<url>'}\`.`
    : `Chat with one that is on this disk: ${here.join(', ')}.`;
}

const unknown = (id: string, hint: string): WorkerError =>
  new WorkerError('model.not-found', `no model ${id} is in the catalogue`, { hint });
